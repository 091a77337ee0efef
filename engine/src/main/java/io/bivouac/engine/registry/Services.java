package io.bivouac.engine.registry;

/** What every endpoint of a client shares. */
record Services(RegistrySettings settings, Transport transport, TokenServer tokens, CredentialFiles credentials) {}
