package io.github.unipic;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.unipic.image.DecodedImage;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The allowed dependencies between the sdk's packages. */
class ModuleRulesTest {
    private static final String ROOT = "io.github.unipic";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importUrl(UniPic.class.getProtectionDomain().getCodeSource().getLocation());

    /** Each may use those before it. */
    private static final List<String> INNER = List.of(
            ROOT + ".files",
            ROOT + ".libraries",
            ROOT + ".model",
            ROOT + ".image",
            ROOT + ".text",
            ROOT + ".runtime.provider",
            ROOT + ".runtime",
            ROOT + ".generation");

    @Test
    void theInnerPackagesDependDownwardsOnly() {
        for (int i = 0; i < INNER.size(); i++) {
            for (String above : INNER.subList(i + 1, INNER.size())) {
                noClasses()
                        .that()
                        .resideInAPackage(INNER.get(i))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(above)
                        .check(CLASSES);
            }
        }
    }

    @Test
    void theListOfInnerPackagesIsWhole() {
        assertThat(CLASSES.stream().map(JavaClass::getPackageName).filter(name -> !name.equals(ROOT)))
                .containsAll(INNER)
                .isSubsetOf(INNER);
    }

    @Test
    void textAndImagesKnowNoModel() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".text", ROOT + ".image")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".model")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".files")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .check(CLASSES);
    }

    @Test
    void onlyTheRuntimeUsesOnnxRuntimeAndOnlyTextUsesTheTokenizer() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".runtime..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.onnxruntime..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".text")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl..")
                .check(CLASSES);
    }

    /** What users see stands on its own, but for its three entrances; files are known to all. */
    @Test
    void ofTheApiOnlyTheEntrancesKnowTheInside() {
        noClasses()
                .that()
                .resideInAPackage(ROOT)
                .and(are(not(belongToAnyOf(UniPic.class, Conversation.class, Image.class))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        INNER.stream().filter(name -> !name.endsWith(".files")).toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void nothingInsideKnowsTheFacade() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".*..")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(UniPic.class, Conversation.class)
                .check(CLASSES);
    }

    /** What an image shares with the inner packages is its own decision. */
    @Test
    void onlyImageSaysHowToLookIntoImages() {
        noClasses()
                .that(are(not(belongToAnyOf(Image.class))))
                .should()
                .callMethod(DecodedImage.class, "connect", Function.class, Function.class)
                .check(CLASSES);
    }

    @Test
    void theSdkKnowsNoOtherModule() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(inner("export..", "conformance..", "batch..", "cli.."))
                .check(CLASSES);
    }

    private static String[] inner(String... names) {
        return java.util.Arrays.stream(names).map(name -> ROOT + "." + name).toArray(String[]::new);
    }
}
