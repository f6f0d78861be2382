package io.github.unipic.springai;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private final JavaClasses module = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.springai");

    /** It does with the sdk what any user of it could do, and needs no Spring beyond the models' interfaces. */
    @Test
    void knowsTheSdksPublicPackageAndSpringAiOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.springframework.ai..",
                        "org.springframework.util",
                        "reactor.core.publisher",
                        "io.github.unipic",
                        "io.github.unipic.springai")
                .check(module);
    }
}
