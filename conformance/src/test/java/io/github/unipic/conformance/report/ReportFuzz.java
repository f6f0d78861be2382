package io.github.unipic.conformance.report;

import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A report, compared with another, and in a folder whose report is replaced. */
public final class ReportFuzz implements FuzzTarget {
    private static final double SLOWER = 1.5;

    @Override
    public String name() {
        return "report";
    }

    @Override
    public int mutations() {
        return 200;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                "stage",
                "decoder_step",
                "NaN",
                "-Infinity",
                "2026-11-21T08:00:00Z",
                "+1000000000-12-31T23:59:59Z",
                "images/../../secret-actual.png",
                "crashes/crash-1.log",
                "CPUExecutionProvider");
    }

    /** As reports are written today, and what went wrong once. */
    @Override
    public List<byte[]> corpus() throws IOException {
        List<byte[]> corpus = new ArrayList<>(FuzzTarget.super.corpus());
        for (ConformanceReport report :
                List.of(SampleReports.failing(), SampleReports.lost(), SampleReports.hostile())) {
            ByteArrayOutputStream json = new ByteArrayOutputStream();
            JsonReport.write(report, List.of(), json);
            corpus.add(json.toByteArray());
        }
        return corpus;
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(ReportFolder.JSON), input);
    }

    @Override
    public void read(byte[] input, Path folder) throws IOException {
        try {
            ConformanceReport report = ReportFile.read(folder);
            compare(report, SampleReports.passing());
            compare(SampleReports.passing(), report);
        } finally {
            for (Path file : EarlierReport.in(folder).files()) {
                if (!file.normalize().startsWith(folder)) {
                    throw new AssertionError(file + " would be replaced");
                }
            }
        }
    }

    private static void compare(ConformanceReport before, ConformanceReport after) throws IOException {
        StringBuilder text = new StringBuilder();
        TerminalDiff.write(ReportDiff.between(before, after, SLOWER), Integer.MAX_VALUE, text);
        if (text.chars().anyMatch(character -> character != '\n' && Character.isISOControl(character))) {
            throw new AssertionError("The terminal would obey: " + text);
        }
    }
}
