package io.github.unipic.cli;

import io.github.unipic.ModelInfo;
import io.github.unipic.RuntimeInfo;
import io.github.unipic.UniPic;
import io.github.unipic.files.ByteSize;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** {@code unipic info}: describes a model folder and the runtime of this machine. */
@Command(
        name = InfoCommand.NAME,
        description = "Describes a model folder and what would run it on this machine.",
        footerHeading = "%nExample:%n",
        footer = "  unipic info --model unipic-1.5b")
final class InfoCommand implements Callable<Integer> {
    static final String NAME = "info";

    @ParentCommand
    private UniPicCommand unipic;

    @Mixin
    private ModelOptions model;

    @Override
    public Integer call() {
        Session session = unipic.session();
        ModelInfo info;
        try (UniPic loaded = model.load(session, false)) {
            info = loaded.info();
        }
        printModel(info, model.reason(), session.out());
        printRuntime(session.out());
        print(session.out(), "Provider", model.choice().toString());
        return UniPicCommand.OK;
    }

    private static void printModel(ModelInfo info, String reason, PrintStream out) {
        print(out, "Model", info.name() + " (format version " + info.formatVersion() + ")");
        print(out, "Folder", info.folder().toString());
        print(out, "Chosen", reason);
        print(out, "Size", ByteSize.of(info.bytes()));
        print(out, "Tasks", info.tasks().stream().map(InfoCommand::label).collect(Collectors.joining(", ")));
        print(out, "Image", info.defaultWidth() + " x " + info.defaultHeight() + " unless asked otherwise");
        out.println();
        out.println("Graphs");
        for (ModelInfo.GraphInfo graph : info.graphs()) {
            out.println("  "
                    + TerminalText.line(graph.name() + ".onnx: " + label(graph.precision()) + ", "
                            + label(graph.flavor()) + ", " + ByteSize.of(graph.bytes())));
            printTensors(out, "in ", graph.inputs());
            printTensors(out, "out", graph.outputs());
        }
        out.println();
    }

    private static void printTensors(PrintStream out, String direction, List<String> tensors) {
        tensors.forEach(tensor -> out.println("    " + direction + " " + TerminalText.line(tensor)));
    }

    private static void printRuntime(PrintStream out) {
        RuntimeInfo runtime = UniPic.runtime();
        print(
                out,
                "Runtime",
                "ONNX Runtime " + runtime.version() + ", built with " + String.join(", ", runtime.providers()));
        runtime.devices().forEach(device -> print(out, "Device", device));
        runtime.missing().forEach(what -> print(out, "Missing", what));
        print(out, "Java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
        print(
                out,
                "Machine",
                System.getProperty("os.name") + ", " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " threads, Java heap up to "
                        + ByteSize.of(Runtime.getRuntime().maxMemory()));
    }

    private static void print(PrintStream out, String label, String value) {
        out.println(String.format(Locale.ROOT, "%-8s ", label) + TerminalText.line(value));
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
