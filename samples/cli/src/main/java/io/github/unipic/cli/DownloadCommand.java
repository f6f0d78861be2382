package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Precision;
import io.github.unipic.export.hub.DownloadListener;
import io.github.unipic.export.hub.DownloadPlan;
import io.github.unipic.export.hub.DownloadReport;
import io.github.unipic.export.hub.DownloadRequest;
import io.github.unipic.export.hub.HubDownload;
import io.github.unipic.files.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * {@code unipic download}: fetches the published checkpoint and, with {@code --export}, makes a model folder from it.
 */
@Command(
        name = "download",
        description = {
            "Downloads the published checkpoint from Hugging Face and, with --export, makes a model folder from it, which"
                    + " the other commands then use by default. Run again, it continues where it was interrupted, and"
                    + " does not fetch existing files again.",
            "It uses HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HOME, HTTPS_PROXY and NO_PROXY (docs/cli.md)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic download --export int8",
            "  unipic download --export fp16            (fetches nothing anew; fp16 is then in use)",
            "  unipic download --out UniPic-1.5B        (the checkpoint alone)",
            "  HF_ENDPOINT=https://hub.example.com unipic download        (from a mirror)",
        })
final class DownloadCommand implements Callable<Integer> {
    /** By default Java sends no name and password to a proxy for an encrypted connection. */
    private static final String TUNNELING = "jdk.http.auth.tunneling.disabledSchemes";

    private static final int SHORT_COMMIT = 7;

    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for the checkpoint; the model folder is next to it. Default: both in the user's data"
                    + " folder, such as ~/.local/share/unipic ($UNIPIC_DATA).")
    private Path out;

    @Option(
            names = "--repo",
            defaultValue = DownloadRequest.REPOSITORY,
            paramLabel = "OWNER/NAME",
            description = "Repository on the hub. Default: ${DEFAULT-VALUE}.")
    private String repository;

    @Option(
            names = "--revision",
            defaultValue = DownloadRequest.REVISION,
            paramLabel = "NAME",
            description = "Branch, tag or commit. Default: ${DEFAULT-VALUE}.")
    private String revision;

    @Option(
            names = "--export",
            paramLabel = "PRECISION",
            description = "Then make a model folder: fp32, fp16, bf16, int8 or int4, and use it from now on."
                    + " docs/precision.md compares them.")
    private Precision precision;

    @Option(names = "--force", description = "With --export: export even if the model folder exists.")
    private boolean force;

    @Option(
            names = "--parallel",
            defaultValue = "" + DownloadRequest.PARALLEL,
            paramLabel = "N",
            description =
                    "Files to fetch at once, at most " + DownloadRequest.MOST_PARALLEL + ". Default: ${DEFAULT-VALUE}.")
    private int parallel;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        if (force && precision == null) {
            throw new ParameterException(
                    spec.commandLine(), "--force exports anew; give the precision with --export, or leave it out");
        }
        Session session = unipic.session();
        DownloadedModel models = DownloadedModel.of(session);
        if (out != null && out.toAbsolutePath().normalize().getFileName() == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--out is " + out + ", which cannot be a checkpoint's folder; give one below it");
        }
        Path checkpoint = out == null ? models.checkpoint(repository) : out;
        DownloadReport report = download(
                session,
                new DownloadRequest(
                        repository,
                        revision,
                        checkpoint,
                        parallel,
                        session.environment(),
                        Path.of(System.getProperty("user.home"))));
        say(summary(report));
        if (precision == null) {
            say("For a model folder, run 'unipic download --export int8', or 'unipic export --checkpoint "
                    + report.folder() + " --out DIR'.");
            return UniPicCommand.OK;
        }
        Path model = out == null ? models.model(repository, precision) : DownloadedModel.modelBeside(out, precision);
        if (!force && isNewer(model, report)) {
            say(model + " exists already (--force exports it again).");
        } else {
            // One that is older than the checkpoint is replaced.
            ExportRequest export =
                    new ExportRequest(report.folder(), model, precision, force || Files.isDirectory(model));
            ExportCommand.export(session, quiet, export);
        }
        models.use(model);
        say("The commands now use it, unless --model or " + ModelOptions.MODEL_VARIABLE + " gives another.");
        return UniPicCommand.OK;
    }

    private DownloadReport download(Session session, DownloadRequest request) {
        if (System.getProperty(TUNNELING) == null) {
            System.setProperty(TUNNELING, "");
        }
        TransferRate rate = new TransferRate();
        try (Progress progress = new Progress(session)) {
            return HubDownload.run(request, new DownloadListener() {
                @Override
                public void onPlan(DownloadPlan plan) {
                    print(plan);
                    progress.start();
                }

                @Override
                public void onProgress(long there, long total) {
                    // The exception stops the download, and what has arrived is kept.
                    if (session.cancellation().isCancelled()) {
                        throw new CancelledException("the download was cancelled");
                    }
                    rate.add(System.nanoTime(), there);
                    progress.update(there, total, rate);
                }
            });
        }
    }

    /** The display, which starts after the licenses were printed. */
    private final class Progress implements AutoCloseable {
        private final Session session;
        private ProgressDisplay display = new ProgressDisplay.Silent();

        Progress(Session session) {
            this.session = session;
        }

        void start() {
            display.close();
            display = ProgressDisplay.start(session, quiet, "Downloading", ProgressDisplay.Unit.MEGABYTES);
        }

        void update(long there, long total, TransferRate rate) {
            rate.perSecond()
                    .ifPresent(perSecond -> display.update(
                            there, total, rate.timeFor(total - there), ByteSize.of(perSecond.longValue()) + "/s"));
        }

        @Override
        public void close() {
            display.close();
        }
    }

    private void print(DownloadPlan plan) {
        if (quiet) {
            return;
        }
        for (DownloadPlan.Source source : plan.sources()) {
            unipic.session()
                    .err()
                    .println(source.repository() + ": license " + source.license() + ", " + source.link());
        }
        unipic.session()
                .err()
                .println(plan.files() + " files, " + ByteSize.of(plan.bytes()) + ", for " + plan.folder() + "; "
                        + (plan.missing() == 0 ? "all exist" : ByteSize.of(plan.missing()) + " to fetch"));
    }

    private static String summary(DownloadReport report) {
        if (report.commit().isEmpty()) {
            return "The checkpoint is " + report.folder() + " (HF_HUB_OFFLINE is set: nothing was fetched).";
        }
        return "The checkpoint is " + report.folder() + " (" + ByteSize.of(report.bytes()) + ", commit "
                + report.commit().substring(0, SHORT_COMMIT) + "; "
                + (report.received() == 0 ? "nothing" : ByteSize.of(report.received())) + " was fetched).";
    }

    private void say(String line) {
        if (!quiet) {
            unipic.session().out().println(line);
        }
    }

    private static boolean isNewer(Path model, DownloadReport report) {
        try {
            Path manifest = model.resolve("unipic.json");
            return Files.isRegularFile(manifest)
                    && !Files.getLastModifiedTime(manifest).toInstant().isBefore(report.changed());
        } catch (IOException e) {
            return false;
        }
    }
}
