package io.bivouac.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.ProcessPlan;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserResolverTests {
    private static final IdMapping ROOT = new IdMapping(IdMapping.Kind.NONE, List.of(), List.of());
    private static final Accounts ACCOUNTS = Accounts.parse("""
                    root:x:0:0:root:/root:/bin/sh
                    broken:x:notanumber:0::/:
                    short:x:5
                    me:x:1000:1001:,,,:/home/me:/bin/sh
                    4242:x:7:7::/seven:/bin/sh
                    huge:x:4294967295:1::/:
                    """, """
                    root:x:0:
                    staff:x:50:me,root
                    mine:x:1001:me
                    wheel:x:10:me
                    """);

    private static UserResolver.Resolved resolve(String text) {
        return new UserResolver(ACCOUNTS, ROOT).resolve(text);
    }

    @ParameterizedTest
    @CsvSource({
        "'',0,0,/root", "root,0,0,/root", "me,1000,1001,/home/me", "1000,1000,1001,/home/me", "1000:7,1000,7,/home/me",
        "me:staff,1000,50,/home/me", "12345,12345,0,/", "12345:54321,12345,54321,/", "4242,4242,0,/",
                ":staff,0,50,/root",
        "4294967294,4294967294,0,/"
    })
    void namesAndNumbersBecomeIds(String text, long uid, long gid, String home) {
        UserResolver.Resolved resolved = resolve(text);

        assertThat(resolved.identity().uid()).isEqualTo(uid);
        assertThat(resolved.identity().gid()).isEqualTo(gid);
        assertThat(resolved.home()).isEqualTo(home);
    }

    @Test
    void furtherGroupsComeWithTheUserAlone() {
        assertThat(resolve("me").identity().groups()).containsExactly(50L, 10L);
        assertThat(resolve("me:mine").identity().groups()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghost",
                "-1",
                "+5",
                "4294967295",
                "4294967296",
                "99999999999",
                "0:0:0",
                "me:",
                "me:ghosts",
                "me:-1",
                "broken",
                "huge",
                "0x10"
            })
    void whatIsNoUserIsRefused(String text) {
        assertThatThrownBy(() -> resolve(text)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void unmappedIdsAreRefusedInARootlessSession() {
        IdMapping one = new IdMapping(
                IdMapping.Kind.SINGLE,
                List.of(new IdMapping.Range(0, 1000, 1)),
                List.of(new IdMapping.Range(0, 1000, 1)));
        UserResolver resolver = new UserResolver(ACCOUNTS, one);

        ProcessPlan.Identity root = resolver.resolve("").identity();
        assertThat(root.setGroups()).isFalse();
        assertThatThrownBy(() -> resolver.resolve("me"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "The user 'me' (1000:1001) does not exist in this rootless session, which maps one id. Add subordinate"
                                + " ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER.");
    }
}
