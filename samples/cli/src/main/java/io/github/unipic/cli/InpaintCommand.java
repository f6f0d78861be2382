package io.github.unipic.cli;

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.Inpainting;
import io.github.unipic.MaskChannel;
import java.nio.file.Path;
import java.util.List;
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

/** {@code unipic inpaint}: draws a part of an image anew, or what lies beyond its edges. */
@Command(
        name = "inpaint",
        description = {
            "Draws a part of an image anew: where the mask is white, or where it is transparent if it has transparent"
                    + " parts. With --extend instead of a mask, draws what lies beyond the image's edges.",
            "The result has the size of the image, cut to multiples of 16 pixels at the right and the bottom.",
        },
        customSynopsis = {
            "unipic inpaint [OPTIONS] IMAGE MASK PROMPT",
            "       unipic inpaint [OPTIONS] IMAGE --extend SIDES PROMPT",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic inpaint street.png mask.png \"A parked bicycle\" -o bicycle.png",
            "  unipic inpaint fox.png --extend left=64,right=64 \"A fox in a wide field\" -o wide.png",
        })
final class InpaintCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Image to change.")
    private Path image;

    // The mask may be left out before the prompt, which positions alone cannot say.
    @Parameters(
            index = "1..2",
            arity = "1..2",
            paramLabel = "[MASK] PROMPT",
            hideParamSyntax = true,
            converter = TextArgument.Converter.class,
            description = "MASK: image of the same size, white (half gray and lighter) or transparent where to draw"
                    + " anew; none with --extend. PROMPT: what the whole image shows, in quotes.")
    private List<String> maskAndPrompt;

    @Option(
            names = "--extend",
            paramLabel = "SIDES",
            converter = Margins.Converter.class,
            description = "Instead of a mask: extend the image by that many pixels, multiples of 16, for example"
                    + " left=64,right=64,top=0,bottom=32. Sides left out are 0.")
    private Margins extend;

    @Option(
            names = "--mask-channel",
            paramLabel = "NAME",
            description =
                    "What in the mask counts: gray (white is drawn anew), alpha (transparent is), or auto: alpha where"
                            + " it varies, gray otherwise. Default: auto.")
    private MaskChannel maskChannel = MaskChannel.AUTO;

    @Option(
            names = "--seam",
            paramLabel = "N",
            description =
                    "Half the width in pixels of the soft edge along which the image's own pixels are put back; 0 for a"
                            + " hard edge, -1 not to put them back. Default: 8.")
    private Integer seam;

    @Mixin
    private ImageOutput output;

    @Mixin
    private ModelOptions model;

    @Mixin
    private DrawingOptions drawing;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Override
    public Integer call() {
        checkMaskOrExtend();
        GenerateRequest.Builder builder = GenerateRequest.builder(maskAndPrompt.get(maskAndPrompt.size() - 1));
        drawing.applyTo(builder);
        specialTokens.applyTo(builder);
        output.applyTo(builder);
        GenerateRequest request = builder.build();
        Inpainting inpainting = inpainting();
        return output.draw(unipic.session(), model, request, (loaded, r) -> loaded.inpaint(inpainting, r));
    }

    private void checkMaskOrExtend() {
        if (extend != null && maskAndPrompt.size() == 2) {
            throw wrong("--extend takes the place of the mask " + maskAndPrompt.get(0) + "; leave one of them out");
        }
        if (extend != null && maskChannel != MaskChannel.AUTO) {
            throw wrong("--extend takes the place of a mask; leave --mask-channel out");
        }
        if (extend == null && maskAndPrompt.size() == 1) {
            throw wrong("say where to draw and what: unipic inpaint IMAGE MASK \"PROMPT\", or with --extend"
                    + " left=64,right=64 instead of MASK");
        }
    }

    private Path mask() {
        try {
            return new PathArgument().convert(maskAndPrompt.get(0));
        } catch (TypeConversionException e) {
            throw wrong("the mask: " + e.getMessage());
        }
    }

    private Inpainting inpainting() {
        Image source = InputImage.read(spec, image);
        Inpainting inpainting = extend == null
                ? Inpainting.of(source, InputImage.readMask(spec, mask(), maskChannel))
                : Inpainting.extend(source, extend.left(), extend.right(), extend.top(), extend.bottom());
        return seam == null ? inpainting : new Inpainting(inpainting.source(), inpainting.mask(), seam);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
