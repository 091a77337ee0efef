package io.bivouac.junit;

import org.apiguardian.api.API;

/** When containers are captured into a capsule. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public enum CaptureMode {
    ON_FAILURE,
    /** After passed tests too: a build that wants to keep every environment. */
    ALWAYS,
    NEVER
}
