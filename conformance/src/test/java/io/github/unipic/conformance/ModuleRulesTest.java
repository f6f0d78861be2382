package io.github.unipic.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.conformance");

    /** A report can be written without what fills it. */
    @Test
    void reportsKnowTheirDataOnly() {
        classes()
                .that()
                .resideInAPackage("io.github.unipic.conformance.report")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.unipic.conformance.report",
                        "io.github.unipic",
                        "io.github.unipic.files",
                        "com.fasterxml.jackson..",
                        "java..",
                        "javax..")
                .check(CLASSES);
    }
}
