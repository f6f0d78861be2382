package io.github.unipic.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance}: the kit's commands. */
@Command(
        name = ConformanceCommand.NAME,
        description = "Checks that a machine runs UniPic correctly.",
        subcommands = {ConformanceRunCommand.class, ConformanceRecordCommand.class, ConformanceDiffCommand.class},
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:every check passed, the reference was written, or nothing is worse",
            "1:at least one check failed, or something is worse",
            "2:could not run, or did not finish",
            "130:cancelled",
            "141:the program that read the output has ended",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance run",
            "  unipic conformance run --provider cuda --suite full",
            "  unipic conformance diff driver-570 driver-575",
            "  unipic conformance run --checkpoint tiny/checkpoint --golden tiny/golden",
        })
final class ConformanceCommand implements Callable<Integer> {
    static final String NAME = "conformance";

    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    Session session() {
        return unipic.session();
    }

    @Override
    public Integer call() {
        Output err = session().err();
        spec.commandLine().usage(err.raw(), err.isTerminal() ? Help.Ansi.AUTO : Help.Ansi.OFF);
        return UniPicCommand.WRONG_INPUT;
    }
}
