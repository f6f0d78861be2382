package io.github.unipic.server.jobs;

import java.time.Duration;

/** Is notified of what jobs do. */
public interface JobMetrics {
    /** A job's turn has come. */
    void waited(String task, Duration time);

    /** A job has ended, in any way. */
    void ran(String task, Duration time);

    /** A job was cancelled while it waited or ran. */
    void cancelled(String task);

    /** A job failed, by no fault of its request. */
    void failed(String task);

    /** Images were made. */
    void made(String task, int count);

    /** A text was generated. */
    void answered(int promptTokens, int cachedTokens, int generatedTokens);
}
