package io.github.unipic.export.hub;

import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.Checkpoint.Lacking;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Chooses the files that the exporter reads. All names are ours or fit a narrow pattern, whatever a hub may list.
 *
 * @param main the repository that was asked for
 * @param language the language model's own
 * @param vision the vision model's own
 */
record NeededFiles(Repository main, Own language, Own vision) {
    private static final long LARGEST_SETTINGS = 64L << 20;
    private static final Pattern FOLDER = Pattern.compile("\\w[\\w.-]{0,99}");
    private static final Pattern SHARD = Pattern.compile("-\\d{1,6}-of-\\d{1,6}");
    private static final String CONFIG = "config.json";

    /** A model that this one builds on. */
    enum Part {
        LANGUAGE(
                "Qwen/Qwen2.5-1.5B-Instruct",
                "qwen",
                List.of(CONFIG, "tokenizer.json"),
                List.of("generation_config.json")),
        VISION("google/siglip2-so400m-patch16-512", "siglip", List.of(CONFIG), List.of());

        private final String repository;
        private final String prefix;
        private final List<String> required;
        private final List<String> optional;

        Part(String repository, String prefix, List<String> required, List<String> optional) {
            this.repository = repository;
            this.prefix = prefix;
            this.required = required;
            this.optional = optional;
        }

        /** The repository of its authors. */
        String repository() {
            return repository;
        }

        private String publishedFolder() {
            return repository.substring(repository.indexOf('/') + 1);
        }
    }

    /**
     * A file that is wanted.
     *
     * @param path in the checkpoint, with slashes
     */
    record Wanted(String path, Repository from, RemoteFile file) {}

    /**
     * The repository of a part's authors. A mirror need not have it if the main one has the part's folder.
     *
     * @param repository without files if it could not be described
     * @param failure why it could not
     */
    record Own(Repository repository, Optional<DownloadException> failure) {
        private static Own of(HubClient hub, Part part) throws IOException, InterruptedException {
            try {
                return new Own(hub.repository(part.repository(), DownloadRequest.REVISION), Optional.empty());
            } catch (DownloadException e) {
                return new Own(hub.undescribed(part.repository()), Optional.of(e));
            }
        }

        private Repository require() {
            failure.ifPresent(e -> {
                throw e;
            });
            return repository;
        }
    }

    static NeededFiles of(HubClient hub, String repository, String revision) throws IOException, InterruptedException {
        Repository main = hub.repository(repository, revision);
        return new NeededFiles(main, Own.of(hub, Part.LANGUAGE), Own.of(hub, Part.VISION));
    }

    /** All three, for their licenses. */
    List<Repository> repositories() {
        return List.of(main, language.repository(), vision.repository());
    }

    /** What is needed in any case. */
    List<Wanted> files() {
        List<Wanted> files = new ArrayList<>(mainWeights());
        files.addAll(weights(main, "", "", Checkpoint.VAE_FILES)
                .orElseThrow(() -> lacking(String.join(" or ", Checkpoint.VAE_FILES))));
        settings("", "unipic_config.json").ifPresent(files::add);
        for (Part part : Part.values()) {
            files.addAll(settings(part));
        }
        return files;
    }

    /** The weights of the models that it builds on, where its own lack them. */
    List<Wanted> files(Lacking lacking) {
        List<Wanted> files = new ArrayList<>();
        if (lacking.languageModel()) {
            files.addAll(weights(Part.LANGUAGE));
        }
        if (lacking.visionModel()) {
            files.addAll(weights(Part.VISION));
        }
        return files;
    }

    /** Paths that are not among these files, but would be read in place of one. */
    static Set<String> readInstead(List<Wanted> files) {
        Set<String> paths = new LinkedHashSet<>();
        for (Wanted file : files) {
            String folder = folder(file.path());
            Checkpoint.readBefore(file.path().substring(folder.length())).forEach(name -> paths.add(folder + name));
        }
        files.forEach(file -> paths.remove(file.path()));
        return paths;
    }

    /** The folder of a path with its slash; empty at the top. */
    static String folder(String path) {
        return path.substring(0, path.lastIndexOf('/') + 1);
    }

    private List<Wanted> mainWeights() {
        return weights(main, "", "", Checkpoint.MAIN_FILES)
                .or(() -> main.paths().stream()
                        .filter(path -> Checkpoint.HARMON.matcher(path).matches())
                        .sorted()
                        .findFirst()
                        .map(path -> List.of(wanted(path, main, path))))
                .orElseThrow(() -> lacking(String.join(" or ", Checkpoint.MAIN_FILES)));
    }

    private DownloadException lacking(String files) {
        return new DownloadException(main.name() + " has no " + files + ", so it is no UniPic checkpoint; give another"
                + " repository (--repo), such as " + DownloadRequest.REPOSITORY);
    }

    private List<Wanted> settings(Part part) {
        Optional<String> inMain = folderInMain(part);
        String folder = inMain.orElse(part.publishedFolder());
        List<Wanted> files = new ArrayList<>();
        for (String name : part.required) {
            String inFolder = folder + "/" + name;
            if (main.has(inFolder)) {
                files.add(new Wanted(inFolder, main, main.file(inFolder, LARGEST_SETTINGS)));
            } else if (own(part).has(name)) {
                files.add(new Wanted(inFolder, own(part), own(part).file(name, LARGEST_SETTINGS)));
            } else {
                throw new DownloadException("neither " + main.name() + " has " + inFolder + ", nor " + part.repository()
                        + " has " + name + "; if HF_ENDPOINT is set, use another hub");
            }
        }
        for (String name : part.optional) {
            String inFolder = folder + "/" + name;
            if (main.has(inFolder)) {
                files.add(new Wanted(inFolder, main, main.file(inFolder, LARGEST_SETTINGS)));
            } else if (inMain.isEmpty() && own(part).has(name)) {
                files.add(new Wanted(inFolder, own(part), own(part).file(name, LARGEST_SETTINGS)));
            }
        }
        return files;
    }

    private Optional<Wanted> settings(String folder, String name) {
        return main.has(folder + name)
                ? Optional.of(new Wanted(folder + name, main, main.file(folder + name, LARGEST_SETTINGS)))
                : Optional.empty();
    }

    private List<Wanted> weights(Part part) {
        String folder = folderInMain(part).orElse(part.publishedFolder()) + "/";
        return weights(main, folder, folder, Checkpoint.MAIN_FILES)
                .or(() -> weights(own(part), "", folder, Checkpoint.MAIN_FILES))
                .orElseThrow(() -> new DownloadException(
                        "neither " + main.name() + " nor " + part.repository() + " has the weights of "
                                + part.publishedFolder() + "; if HF_ENDPOINT is set, use another hub"));
    }

    /** The first of these files that is there, in one or in shards, as the exporter looks for them. */
    private static Optional<List<Wanted>> weights(
            Repository from, String folderThere, String folderHere, List<String> candidates) {
        for (String candidate : candidates) {
            if (from.has(folderThere + candidate)) {
                return Optional.of(List.of(wanted(folderHere + candidate, from, folderThere + candidate)));
            }
            String index = folderThere + candidate + Checkpoint.INDEX;
            if (from.has(index)) {
                int dot = candidate.lastIndexOf('.');
                Pattern shard = Pattern.compile(Pattern.quote(folderThere + candidate.substring(0, dot))
                        + SHARD.pattern()
                        + Pattern.quote(candidate.substring(dot)));
                return Optional.of(Stream.concat(
                                Stream.of(index),
                                from.paths().stream()
                                        .filter(path -> shard.matcher(path).matches())
                                        .sorted())
                        .map(path -> wanted(folderHere + path.substring(folderThere.length()), from, path))
                        .toList());
            }
        }
        return Optional.empty();
    }

    private static Wanted wanted(String path, Repository from, String pathThere) {
        return new Wanted(path, from, from.file(pathThere, Long.MAX_VALUE));
    }

    private Repository own(Part part) {
        return (part == Part.LANGUAGE ? language : vision).require();
    }

    /** Its folder as published, or one that is called similarly. */
    private Optional<String> folderInMain(Part part) {
        Set<String> folders = new LinkedHashSet<>(List.of(part.publishedFolder()));
        folders.addAll(main.folders());
        return folders.stream()
                .filter(folder -> FOLDER.matcher(folder).matches())
                .filter(folder -> folder.toLowerCase(Locale.ROOT).startsWith(part.prefix))
                .filter(folder -> main.has(folder + "/" + CONFIG))
                .findFirst();
    }
}
