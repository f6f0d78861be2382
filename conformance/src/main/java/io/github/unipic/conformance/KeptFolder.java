package io.github.unipic.conformance;

import io.github.unipic.OutputException;
import io.github.unipic.files.FileTree;
import io.github.unipic.files.StagingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A folder that is made once and kept for later runs. It appears complete or not at all.
 *
 * @param path absolute
 * @param last path in it of the file that is written last
 */
record KeptFolder(Path path, Path last) {

    /**
     * Makes it, unless it is there and no file was changed since it was made.
     *
     * @param maker fills an empty folder
     * @param temporary where it is made if it cannot be kept; does not exist
     * @return its path
     */
    Path orMadeBy(Consumer<Path> maker, Path temporary) {
        if (!FileTree.mayHaveChangedSince(path, path.resolve(last))) {
            return path;
        }
        try {
            Files.createDirectories(path.getParent());
            try (StagingFolder work = StagingFolder.beside(path)) {
                maker.accept(work.path());
                work.commit();
                return path;
            }
        } catch (IOException | OutputException e) {
            maker.accept(temporary);
            return temporary;
        }
    }
}
