package io.github.unipic.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private final JavaClasses spark = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.unipic.spark");

    /**
     * What is sent to the executors stays small: neither the export nor a logger of its own, and JSON is the batch's.
     */
    @Test
    void knowsTheSdksAndTheBatchsPublicPackagesAndSparkOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "scala..",
                        "org.apache.spark..",
                        "picocli",
                        "io.github.unipic",
                        "io.github.unipic.files",
                        "io.github.unipic.batch",
                        "io.github.unipic.spark")
                .check(spark);
    }
}
