package io.github.unipic.benchmark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private final JavaClasses benchmark = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.benchmark");

    /** A cluster's job builds on it, which has no terminal. */
    @Test
    void knowsTheSdksAndTheBatchsPublicPackagesAndJsonOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "com.fasterxml.jackson..",
                        "io.github.unipic",
                        "io.github.unipic.files",
                        "io.github.unipic.batch",
                        "io.github.unipic.benchmark")
                .check(benchmark);
    }
}
