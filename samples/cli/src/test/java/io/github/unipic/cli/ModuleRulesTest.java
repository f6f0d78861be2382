package io.github.unipic.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private final JavaClasses cli = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.cli");

    /** It shows what a user of the library can do, so it uses what such a user sees, and its way to write files. */
    @Test
    void usesThePublicPackagesOnly() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("io.github.unipic..")
                        .and(not(resideInAnyPackage(
                                "io.github.unipic",
                                "io.github.unipic.files",
                                "io.github.unipic.export",
                                "io.github.unipic.export.hub",
                                "io.github.unipic.conformance",
                                "io.github.unipic.conformance.meaning",
                                "io.github.unipic.conformance.report",
                                "io.github.unipic.batch",
                                "io.github.unipic.benchmark",
                                "io.github.unipic.server",
                                "io.github.unipic.cli"))))
                .check(cli);
    }
}
