package io.bivouac.engine.registry;

/**
 * Whom a conversation is with.
 *
 * @param site the registry as it is configured
 * @param origin where credentials may be sent
 * @param rule where it may lead to
 */
record Home(Site site, Origin origin, AddressRule rule) {
    /** The registry's name in messages. */
    String name() {
        return site.toString();
    }

    /** The same rules for another origin: that of a token server. */
    Home at(Origin other) {
        return new Home(site, other, rule);
    }
}
