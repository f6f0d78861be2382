package io.github.unipic.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private static final String ROOT = "io.github.unipic.server";
    private final JavaClasses server = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    /** It does with the sdk what any user of it could do. */
    @Test
    void knowsTheSdksPublicPackageOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.imageio..",
                        "com.fasterxml.jackson..",
                        "org.eclipse.jetty..",
                        "io.prometheus.metrics..",
                        "org.slf4j",
                        "io.github.unipic",
                        ROOT + "..")
                .check(server);
    }

    @Test
    void onlyTheHttpPackageKnowsJetty() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".http")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.jetty..")
                .check(server);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".http")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        ROOT,
                        ROOT + ".jobs",
                        ROOT + ".images",
                        ROOT + ".openai",
                        ROOT + ".automatic1111",
                        ROOT + ".operation")
                .check(server);
    }
}
