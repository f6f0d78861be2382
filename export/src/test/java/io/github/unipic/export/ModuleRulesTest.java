package io.github.unipic.export;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

/**
 * The exporter's packages: checkpoint and onnx stand alone, modules are built on both, graphs on modules; folder writes
 * the files beside the graphs; hub fetches checkpoints, and knows their layout only. The root package is what a caller
 * of the exporter needs, and of it only Exporter knows them all, but hub.
 */
class ModuleRulesTest {
    private static final String ROOT = "io.github.unipic.export";
    private static final String[] INNER = {
        ROOT + ".checkpoint..",
        ROOT + ".onnx..",
        ROOT + ".modules..",
        ROOT + ".graphs..",
        ROOT + ".folder..",
        ROOT + ".hub.."
    };
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importUrl(Exporter.class.getProtectionDomain().getCodeSource().getLocation());

    private static void deny(String from, String... to) {
        noClasses()
                .that()
                .resideInAPackage(ROOT + from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(to)
                .check(CLASSES);
    }

    @Test
    void packagesDependDownwardsOnly() {
        deny(".checkpoint", ROOT + ".onnx", ROOT + ".modules", ROOT + ".graphs", ROOT + ".folder", ROOT + ".hub");
        deny(".onnx", ROOT + ".modules", ROOT + ".graphs", ROOT + ".folder", ROOT + ".hub");
        deny(".modules", ROOT + ".graphs", ROOT + ".folder", ROOT + ".hub");
        deny(".graphs", ROOT + ".folder", ROOT + ".hub");
        deny(".hub", ROOT + ".onnx", ROOT + ".modules", ROOT + ".graphs", ROOT + ".folder");
        deny("", ROOT + ".hub");
        deny(".folder", ROOT + ".graphs");
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void theRootHoldsWhatACallerNeeds() {
        assertThat(CLASSES.stream()
                        .filter(type -> type.getPackageName().equals(ROOT) && type.isTopLevelClass())
                        .map(JavaClass::getSimpleName))
                .containsExactlyInAnyOrder(
                        "Exporter",
                        "ExportRequest",
                        "ExportReport",
                        "ExportListener",
                        "ExportException",
                        "Flavor",
                        "Precision",
                        "Precisions",
                        "package-info");
    }

    /** Precisions is part of a request, and asks the quantizer which blocks there are. */
    @Test
    void theRootsTypesShowNothingOfTheInnerPackages() {
        noClasses()
                .that()
                .resideInAPackage(ROOT)
                .and()
                .doNotBelongToAnyOf(Exporter.class, Precisions.class)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(INNER)
                .check(CLASSES);
    }

    @Test
    void theInnerPackagesDoNotKnowTheExporter() {
        noClasses()
                .that()
                .resideInAnyPackage(INNER)
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Exporter.class, ExportRequest.class, ExportReport.class, ExportListener.class)
                .check(CLASSES);
    }

    @Test
    void ofTheSdkOnlyTheManifestAndTheTokenizerAreUsed() {
        for (String inner : new String[] {".checkpoint", ".onnx", ".modules", ".graphs", ".hub"}) {
            deny(inner, "io.github.unipic.text..");
        }
        deny(
                "..",
                "io.github.unipic.runtime..",
                "io.github.unipic.generation..",
                "io.github.unipic.image..",
                "io.github.unipic.conformance..",
                "io.github.unipic.batch..",
                "io.github.unipic.cli..");
    }

    @Test
    void protobufStaysInsideTheOnnxPackage() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".modules", ROOT + ".graphs", ROOT + ".checkpoint", ROOT + ".folder")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.onnx.proto..", "com.google.protobuf..")
                .check(CLASSES);
    }
}
