package io.github.unipic.cli;

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic generate}: generates images from a prompt. */
@Command(
        name = "generate",
        description = "Generates images from a prompt.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic generate \"a red circle above a blue square on a pink background\"",
            "  unipic generate --examples                             (what the built-in model knows)",
            "  unipic generate \"A red fox in the snow\" --model unipic-1.5b -o fox.png",
            "  unipic generate \"A lighthouse at night\" --model unipic-1.5b --size 1280x768 --seed 7",
            "  unipic generate \"A teapot\" -o teapot.png --count 4      (teapot-1.png ... teapot-4.png)",
            "  unipic generate --from fox.png -o again.png             (the same image again)",
        })
final class GenerateCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "PROMPT",
            converter = TextArgument.Converter.class,
            description = "What to generate, in quotes. Default: with the built-in model, one of its examples.")
    private String prompt;

    @Mixin
    private ImageOutput output;

    @Mixin
    private ModelOptions model;

    @Mixin
    private SizeOption size;

    @Mixin
    private GenerationOptions generation;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Option(
            names = "--from",
            paramLabel = "IMAGE.png",
            description =
                    "Use the prompt, seed and options of an image that unipic wrote. Options given here override them.")
    private Path from;

    @Option(names = "--examples", description = "List what the built-in model knows, and generate nothing.")
    private boolean examples;

    @Override
    public Integer call() {
        if (examples) {
            Examples.print(unipic.session().out());
            return UniPicCommand.OK;
        }
        return output.generate(unipic.session(), model, request());
    }

    private GenerateRequest request() {
        GenerateRequest.Builder builder;
        if (from != null) {
            builder = earlier().toBuilder();
            if (prompt != null) {
                builder.prompt(prompt);
            }
        } else if (prompt != null) {
            builder = GenerateRequest.builder(prompt);
        } else if (model.isBuiltIn(unipic.session())) {
            builder = GenerateRequest.builder(example());
        } else {
            throw wrong("the prompt is missing; for example: unipic generate \"A red fox in the snow\"");
        }
        size.applyTo(builder);
        generation.applyTo(builder);
        specialTokens.applyTo(builder);
        output.applyTo(builder);
        return builder.build();
    }

    private String example() {
        String example = Examples.prompt();
        if (!output.quiet()) {
            unipic.session().out().println("No prompt given, so here is an example: \"" + example + "\"");
        }
        return example;
    }

    private GenerateRequest earlier() {
        Image image = InputImage.read(spec, from);
        GenerateRequest request = image.request()
                .orElseThrow(() -> wrong("--from is " + from
                        + ", but that image has no request: unipic did not write it, or not" + " with generate"));
        if (GenerateRequest.metadataAllowsSpecialTokens(image.metadata())
                && !specialTokens.allowed()
                && !output.quiet()) {
            unipic.session()
                    .err()
                    .println(from
                            + " was generated with --allow-special-tokens, which a file cannot enable; give it again for"
                            + " the same image, if you trust the prompt.");
        }
        return request;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
