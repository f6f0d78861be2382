package io.github.unipic;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The sdk's packages: which may know which. */
class ModuleRulesTest {
    private static final String ROOT = "io.github.unipic";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void theInnerPackagesDependDownwardsOnly() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".files")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".model", ROOT + ".runtime", ROOT + ".text", ROOT + ".image")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".model")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(inner("runtime", "text", "image", "generation"))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".runtime..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(inner("text", "image", "generation"))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(inner("text", "image"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(inner("model", "runtime", "generation"))
                .check(CLASSES);
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheRuntimeTalksToOnnxRuntimeAndOnlyTextToTheTokenizer() {
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

    @Test
    void nothingInsideKnowsTheFacade() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".*..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName(UniPic.class.getName())
                .check(CLASSES);
    }

    @Test
    void theSdkKnowsNoOtherModule() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(inner("export..", "conformance..", "samples.."))
                .check(CLASSES);
    }

    private static String[] inner(String... names) {
        return java.util.Arrays.stream(names).map(name -> ROOT + "." + name).toArray(String[]::new);
    }
}
