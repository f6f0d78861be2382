package io.github.unipic;

import java.nio.file.InvalidPathException;
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
     * @throws InvalidRequestException if a variable's value is no path
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
     * @throws InvalidRequestException if a variable's value is no path, as with quotes around it on Windows
     */
    public static Path of(String osName, UnaryOperator<String> environment, Path home) {
        return absolute(environment, VARIABLE).orElseGet(() -> ofSystem(osName, environment, home));
    }

    private static Path ofSystem(String osName, UnaryOperator<String> environment, Path home) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return absolute(environment, "LOCALAPPDATA")
                    .orElse(home.resolve("AppData").resolve("Local"))
                    .resolve("unipic")
                    .resolve("Cache"); // apart from DataFolder's, as a cache may be deleted
        }
        if (os.startsWith("mac")) {
            return home.resolve("Library").resolve("Caches").resolve("unipic");
        }
        // The XDG specification: a relative path is to be ignored.
        return absolute(environment, "XDG_CACHE_HOME")
                .orElse(home.resolve(".cache"))
                .resolve("unipic");
    }

    /** The path that a variable has, if it has an absolute one. */
    static Optional<Path> absolute(UnaryOperator<String> environment, String variable) {
        try {
            return Optional.ofNullable(environment.apply(variable))
                    .filter(text -> !text.isBlank())
                    .map(Path::of)
                    .filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            throw new InvalidRequestException(
                    "the environment variable " + variable + " is no path (" + e.getReason()
                            + "); give the path of a folder, without quotes, or unset it",
                    e);
        }
    }
}
