package io.github.unipic;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Where UniPic keeps what it can make again, such as unpacked libraries. The user may delete it at any time. */
public final class CacheFolder {
    /** An environment variable: where everything is kept, on any operating system. */
    public static final String VARIABLE = "UNIPIC_CACHE";

    private CacheFolder() {}

    /**
     * The folder of this user on this machine, as {@link #of} gives it.
     *
     * @return an absolute path: {@code ~/.cache/unipic} or the like. It need not exist yet.
     */
    public static Path current() {
        return of(System.getProperty("os.name"), System::getenv, Path.of(System.getProperty("user.home")));
    }

    /**
     * The folder that {@value #VARIABLE} names, or else the operating system's for what a program can make again, and
     * unipic's place in it.
     *
     * @param osName as the system property {@code os.name}
     * @param environment gives the value of a variable, or null; asked for {@value #VARIABLE}, {@code XDG_CACHE_HOME}
     *     and {@code LOCALAPPDATA}, of which only absolute paths count
     * @param home of the user
     * @return the folder, which need not exist yet; absolute if {@code home} is
     */
    public static Path of(String osName, UnaryOperator<String> environment, Path home) {
        return absolute(environment.apply(VARIABLE)).orElseGet(() -> ofSystem(osName, environment, home));
    }

    private static Path ofSystem(String osName, UnaryOperator<String> environment, Path home) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return absolute(environment.apply("LOCALAPPDATA"))
                    .orElse(home.resolve("AppData").resolve("Local"))
                    .resolve("unipic")
                    .resolve("Cache"); // apart from DataFolder's, as a cache may be deleted
        }
        if (os.startsWith("mac")) {
            return home.resolve("Library").resolve("Caches").resolve("unipic");
        }
        // The XDG specification: a relative path is to be ignored.
        return absolute(environment.apply("XDG_CACHE_HOME"))
                .orElse(home.resolve(".cache"))
                .resolve("unipic");
    }

    static Optional<Path> absolute(String text) {
        return Optional.ofNullable(text).filter(t -> !t.isBlank()).map(Path::of).filter(Path::isAbsolute);
    }
}
