package io.github.unipic.conformance.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A lost process with the name of its crash file in a report's folder.
 *
 * @param file relative to the folder; empty if there is no crash file
 */
record CrashLog(LostProcess process, Optional<String> file) {
    /** The folder of the crash files, below the report's. */
    static final String FOLDER = "crashes";

    /** All lost processes, in order. */
    static List<CrashLog> of(Processes processes) {
        List<CrashLog> logs = new ArrayList<>();
        for (LostProcess process : processes.lost()) {
            int number = logs.size() + 1;
            logs.add(new CrashLog(process, process.crashFile().map(text -> FOLDER + "/crash-" + number + ".log")));
        }
        return logs;
    }
}
