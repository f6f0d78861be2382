package io.github.unipic.cli;

import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.MaskChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code unipic inpaint}: regenerates a part of an image, or extends it beyond its edges. */
@Command(
        name = "inpaint",
        description = {
            "Regenerates a part of an image: where the mask is white, or where it is transparent if it has transparent"
                    + " parts. With --extend instead of a mask, extends the image beyond its edges.",
            "The result has the size of the image, or of the extended image.",
        },
        customSynopsis = {
            "unipic inpaint [OPTIONS] IMAGE MASK PROMPT",
            "       unipic inpaint [OPTIONS] IMAGE --extend SIDES PROMPT",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic inpaint street.png mask.png \"A parked bicycle\" -o bicycle.png",
            "  unipic inpaint fox.png --extend left=128,right=128 \"A fox in a wide field\" -o wide.png",
        })
final class InpaintCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Image to inpaint.")
    private Path image;

    // With --extend the prompt has no mask before it, which picocli's positions cannot express.
    @Parameters(
            index = "1..2",
            arity = "1..2",
            paramLabel = "[MASK] PROMPT",
            hideParamSyntax = true,
            converter = TextArgument.Converter.class,
            description = "MASK: image of the same size; white (half gray and lighter) or transparent pixels are"
                    + " regenerated; none with --extend. PROMPT: what the whole image shows, in quotes.")
    private List<String> maskAndPrompt;

    @Option(
            names = "--extend",
            paramLabel = "SIDES",
            converter = Margins.Converter.class,
            description = "Instead of a mask: extend the image by so many pixels, for example"
                    + " left=128,right=128,top=0,bottom=256. Sides left out are 0.")
    private Margins extend;

    @Option(
            names = "--mask-channel",
            paramLabel = "NAME",
            description =
                    "Channel of the mask: gray (white is regenerated), alpha (transparent is regenerated), alpha_or_gray"
                            + " (alpha if anything is transparent, gray otherwise), opaque_or_gray (what is opaque if"
                            + " anything is not, gray otherwise), or auto: alpha if it varies, gray otherwise, and"
                            + " refused if ambiguous. Default: auto.")
    private MaskChannel maskChannel = MaskChannel.AUTO;

    @Option(
            names = "--seam",
            paramLabel = "N",
            description =
                    "Half the width, in pixels, of the soft edge between new pixels and the image's own; 0 is a hard"
                            + " edge, -1 keeps the decoded pixels everywhere. Default: 8.")
    private Integer seam;

    @Mixin
    private ImageOutput output;

    @Mixin
    private ModelOptions model;

    @Mixin
    private GenerationOptions generation;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Override
    public Integer call() {
        checkMaskOrExtend();
        InpaintRequest.Builder builder = builder(maskAndPrompt.get(maskAndPrompt.size() - 1));
        Optional.ofNullable(seam).ifPresent(builder::seam);
        generation.applyTo(builder);
        specialTokens.applyTo(builder);
        output.applyTo(builder);
        return output.generate(unipic.session(), model, builder.build());
    }

    private void checkMaskOrExtend() {
        if (extend != null && maskAndPrompt.size() == 2) {
            throw wrong("--extend replaces the mask " + maskAndPrompt.get(0) + "; leave one of them out");
        }
        if (extend != null && maskChannel != MaskChannel.AUTO) {
            throw wrong("--extend replaces the mask; leave --mask-channel out");
        }
        if (extend == null && maskAndPrompt.size() == 1) {
            throw wrong("mask or prompt is missing: unipic inpaint IMAGE MASK \"PROMPT\", or with --extend"
                    + " left=128,right=128 instead of MASK");
        }
    }

    private Path mask() {
        try {
            return new PathArgument().convert(maskAndPrompt.get(0));
        } catch (TypeConversionException e) {
            throw wrong("the mask: " + e.getMessage());
        }
    }

    private InpaintRequest.Builder builder(String prompt) {
        Image source = InputImage.read(spec, image);
        return extend == null
                ? InpaintRequest.builder(source, InputImage.readMask(spec, mask(), maskChannel), prompt)
                : InpaintRequest.extending(
                        source, extend.left(), extend.right(), extend.top(), extend.bottom(), prompt);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
