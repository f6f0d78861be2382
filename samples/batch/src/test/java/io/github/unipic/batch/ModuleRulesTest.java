package io.github.unipic.batch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private final JavaClasses batch = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.batch");

    /** A server, a cluster's job and a benchmark build on it, none of which has a terminal. */
    @Test
    void knowsTheSdksPublicPackagesAndJsonOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "com.fasterxml.jackson..",
                        "io.github.unipic",
                        "io.github.unipic.files",
                        "io.github.unipic.batch")
                .check(batch);
    }
}
