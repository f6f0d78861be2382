package io.github.unipic;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** Where UniPic keeps what the user asked for and would not want to fetch again, such as downloaded models. */
public final class DataFolder {
    /** An environment variable: where everything is kept, on any operating system. */
    public static final String VARIABLE = "UNIPIC_DATA";

    private DataFolder() {}

    /**
     * The folder that {@value #VARIABLE} names, or else the operating system's for a user's data, and unipic's place in
     * it.
     *
     * @param osName as the system property {@code os.name}
     * @param environment gives the value of a variable, or null; asked for {@value #VARIABLE}, {@code XDG_DATA_HOME}
     *     and {@code LOCALAPPDATA}, of which only absolute paths count
     * @param home of the user
     * @return the folder, which need not exist yet; absolute if {@code home} is
     * @throws InvalidRequestException if a variable's value is no path, as with quotes around it on Windows
     */
    public static Path of(String osName, UnaryOperator<String> environment, Path home) {
        return CacheFolder.absolute(environment, VARIABLE).orElseGet(() -> ofSystem(osName, environment, home));
    }

    private static Path ofSystem(String osName, UnaryOperator<String> environment, Path home) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return CacheFolder.absolute(environment, "LOCALAPPDATA")
                    .orElse(home.resolve("AppData").resolve("Local"))
                    .resolve("unipic");
        }
        if (os.startsWith("mac")) {
            return home.resolve("Library").resolve("Application Support").resolve("unipic");
        }
        // The XDG specification: a relative path is to be ignored.
        return CacheFolder.absolute(environment, "XDG_DATA_HOME")
                .orElse(home.resolve(".local").resolve("share"))
                .resolve("unipic");
    }
}
