package io.github.unipic.export;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The exporter's packages: checkpoint and onnx stand alone, modules are built on both, graphs on modules. */
class ModuleRulesTest {
    private static final String ROOT = "io.github.unipic.export";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

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
        deny(".checkpoint", ROOT + ".onnx", ROOT + ".modules", ROOT + ".graphs");
        deny(".onnx", ROOT + ".modules", ROOT + ".graphs");
        deny(".modules", ROOT + ".graphs");
    }

    @Test
    void ofTheSdkOnlyTheManifestAndTheTokenizerAreUsed() {
        for (String inner : new String[] {".checkpoint", ".onnx", ".modules", ".graphs"}) {
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
                .resideInAnyPackage(ROOT + ".modules", ROOT + ".graphs", ROOT + ".checkpoint")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.onnx.proto..", "com.google.protobuf..")
                .check(CLASSES);
    }
}
