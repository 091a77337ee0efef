package io.bivouac.engine;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.apiguardian.api.API;

/**
 * What failed, for a capsule.
 *
 * @param testId identifies the test for its framework, such as a JUnit unique id
 * @param testName for people
 * @param exception the failure's first line
 * @param stack the whole stack trace
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Failure(String testId, String testName, String exception, String stack) {
    public static Failure of(String testId, String testName, Throwable failure) {
        StringWriter stack = new StringWriter();
        failure.printStackTrace(new PrintWriter(stack));
        return new Failure(testId, testName, failure.toString(), stack.toString());
    }
}
