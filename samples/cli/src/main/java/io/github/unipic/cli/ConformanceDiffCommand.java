package io.github.unipic.cli;

import io.github.unipic.conformance.report.ReportDiff;
import io.github.unipic.conformance.report.ReportFile;
import io.github.unipic.conformance.report.TerminalDiff;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance diff}: compares the reports of two drivers or releases. */
@Command(
        name = "diff",
        description = {
            "Says what got better, worse, slower or faster between two reports, such as of two drivers, and which"
                    + " settings differ.",
            "Worse are checks that newly fail or are missing, errors at least twice as large that exceed a tenth of their"
                    + " limits, graphs that take longer, and graphs of which the CPU runs more of the computing nodes.",
        },
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:nothing is worse",
            "1:something is worse",
            "2:a report cannot be read",
            "130:cancelled",
            "141:the program that read the output has ended",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance diff driver-570 driver-575",
            "  unipic conformance diff old/report.json new/report.json --slower 1.2 --all",
        })
final class ConformanceDiffCommand implements Callable<Integer> {
    private static final int MOST = 20;

    @ParentCommand
    private ConformanceCommand conformance;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "report.json of the first run, or its folder.")
    private Path before;

    @Parameters(index = "1", paramLabel = "AFTER", description = "report.json of the second run, or its folder.")
    private Path after;

    @Option(
            names = "--slower",
            defaultValue = "1.5",
            paramLabel = "FACTOR",
            description =
                    "How many times as long a graph must take, in all cases together, to be slower. Default: 1.5.")
    private double slower;

    @Option(names = "--all", description = "List all changes, not only the 20 largest of each kind.")
    private boolean all;

    @Override
    public Integer call() throws IOException {
        if (!(slower > 1)) {
            throw new ParameterException(spec.commandLine(), "--slower is " + slower + "; give more than 1");
        }
        ReportDiff diff = ReportDiff.between(ReportFile.read(before), ReportFile.read(after), slower);
        TerminalDiff.write(
                diff, all ? Integer.MAX_VALUE : MOST, conformance.session().out());
        return diff.isWorse() ? UniPicCommand.FAILED : UniPicCommand.OK;
    }
}
