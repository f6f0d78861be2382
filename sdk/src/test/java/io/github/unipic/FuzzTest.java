package io.github.unipic;

import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.image.ExifFuzz;
import io.github.unipic.image.ImageFuzz;
import io.github.unipic.image.MaskFuzz;
import io.github.unipic.image.PngTextFuzz;
import io.github.unipic.model.GraphFuzz;
import io.github.unipic.model.ManifestChangeFuzz;
import io.github.unipic.model.ManifestFuzz;
import io.github.unipic.text.TokenizerFuzz;
import io.github.unipic.text.TokenizerPartsFuzz;
import java.util.List;
import java.util.stream.Stream;

/** Untrusted input of the sdk. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return Stream.concat(
                        ImageFuzz.formats().stream(),
                        Stream.of(
                                new PngTextFuzz(),
                                new ExifFuzz(),
                                new MaskFuzz(),
                                new ManifestFuzz(),
                                new ManifestChangeFuzz(),
                                new GraphFuzz(),
                                new TokenizerFuzz(),
                                new TokenizerPartsFuzz()))
                .toList();
    }
}
