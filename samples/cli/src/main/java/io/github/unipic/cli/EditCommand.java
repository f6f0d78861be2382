package io.github.unipic.cli;

import io.github.unipic.EditRequest;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic edit}: edits an image by an instruction. */
@Command(
        name = "edit",
        description = {
            "Edits an image by an instruction.",
            "The image is cropped to its middle square, and the result is a square.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic edit fox.png \"Make it night\" -o night.png",
            "  unipic edit photo.jpg \"Remove the car\" -o street.png --model unipic-1.5b",
        })
final class EditCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Image to edit.")
    private Path image;

    @Parameters(
            index = "1",
            paramLabel = "INSTRUCTION",
            converter = TextArgument.Converter.class,
            description = "What to change, in quotes.")
    private String instruction;

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

    @Override
    public Integer call() {
        EditRequest.Builder builder = EditRequest.builder(InputImage.read(spec, image), instruction);
        size.applyTo(builder);
        generation.applyTo(builder);
        specialTokens.applyTo(builder);
        output.applyTo(builder);
        return output.generate(unipic.session(), model, builder.build());
    }
}
