package io.bivouac.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which failures of system calls nobody needs to hear of, by name and with the reason: all others must be told. An entry is a
 * part of a call site's description, as {@link FaultSymbols} makes it.
 */
final class FaultExpectations {
    private record Entry(String site, String reason) {}

    /** What was asked for is done all the same. */
    private static final List<Entry> DONE = List.of(
            new Entry("accept4 in accept_one", "the connection waits and is accepted later"),
            new Entry("access in find_helper", "a helper is looked for in several folders"),
            new Entry("close_range in run_proxy", "the proxy holds what it does not need, as long as it runs"),
            new Entry("close_range in run_program", "execve closes what the helper does not need in any case"),
            new Entry("execveat in execute_self", "a read-only mount of the program serves as well"),
            new Entry("fcntl in execute_self", "a read-only mount of the program serves as well"),
            new Entry("fcntl in session_main", "whatever is executed in a container closes it in any case"),
            new Entry("fork in fork_ahead", "it is tried again when a worker is needed"),
            new Entry("fork in sweep_in_background", "the next engine sweeps"),
            new Entry("fsetxattr in finish_file", "attributes that a file system does not keep are left out"),
            new Entry("fsetxattr in layer_copy_attributes", "attributes that a file system does not keep are left out"),
            new Entry("fstatat in lock_session < remains_claim", "the lock is taken anew"),
            new Entry("in note_listeners <", "the sockets are looked at again"),
            new Entry(
                    "in pidfd_signal < end < guardian_main", "the warden is killed again when its remains are cleared"),
            new Entry("ioctl in drain_written", "one block is drained in any case"),
            new Entry("dup2 in run_program", "the helper has the guardian's output, which nobody reads"),
            new Entry("open in run_program", "the helper has the guardian's output, which nobody reads"),
            new Entry("openat2 in path_open < choose_base", "a path that ends with a slash names a folder in any case"),
            new Entry("mknodat in whiteout_make", "an attribute marks what no device does"),
            new Entry("poll in ", "asked again"),
            new Entry(
                    "pread in read_anew < group_kills < report_end",
                    "an end for want of memory is told as one by a signal"),
            new Entry("prctl in become_worker", "a name for people who look at processes"),
            new Entry("prctl in init_run", "a name for people who look at processes"),
            new Entry("prctl in live", "a name for people who look at processes"),
            new Entry("prctl in prepare", "a name for people who look at processes"),
            new Entry("prctl in probe_main", "a name for people who look at processes"),
            new Entry("prctl in look_at_namespaces", "it ends by itself after some seconds"),
            new Entry("prctl in proxy_main", "a name for people who look at processes"),
            new Entry("read in reap", "whatever woke it up, children are waited for"),
            new Entry("recv in has_hung_up", "who has hung up is found out by answering"),
            new Entry("recvmsg in receive_with_fds < listener_serve", "the question waits and is read later"),
            new Entry("recvmsg in receive_with_fds < registry_serve", "the change waits and is read later"),
            new Entry("send in notify", "the next notice says more"),
            new Entry(
                    "sendmsg in send_with_fds < registry_tell < live",
                    "PID 1 hears of the end when it reaps the monitor"),
            new Entry("sendmsg in send_with_fds < accept_one", "another worker is forked and takes the connection"),
            new Entry("setrlimit in set_limits", "a limit that may not be raised is as high as it may be"),
            new Entry("setsid in prepare < guardian_main", "it keeps a terminal's signals away"),
            new Entry("socketpair in fork_ahead", "it is tried again when a worker is needed"),
            new Entry("stat in identify", "without its namespace, a process is told by number and age"),
            new Entry("unlinkat in remove_folder < remove_children", "a folder that is not empty is emptied first"),
            new Entry("unlinkat in remove_tree_at", "what is no file may be a folder, and one that is not empty"),
            new Entry("utimensat in mount_point", "the folder that holds a new mount point shows a newer time"),
            new Entry("< apply < prepare_one", "rules about devices are a second wall"),
            new Entry("syscall in attach_devices", "a filter on devices is a second wall"),
            new Entry("< answer < hear < listen_to", "the connection breaks: the container counts as lost"),
            new Entry("frame_receive < hear <", "the connection breaks: a worker discards the container"),
            new Entry("< frame_send_empty < live", "the connection breaks: a worker finds nothing left to discard"),
            new Entry("clear < remains_clear <", "what is left is cleared again"),
            new Entry("< handle < proxy_main", "a published connection that fails is broken off, and no other"),
            new Entry("< has_line < await_freezer", "the state is read again"),
            new Entry("links_note < emit_file", "a second name becomes a file of its own"),
            new Entry("process_empty_input <", "an empty pipe serves as well"),
            new Entry("in sealed_copy <", "a read-only mount of the program serves as well"),
            new Entry("< prepare < worker_main", "what could not be made ahead is made when it is needed"),
            new Entry("< receive_launch < worker_main", "a start that nobody asks for any more need not be heard"),
            new Entry("< put_frame < report_end", "the connection breaks: the container counts as lost"),
            new Entry("< put_logged < monitor_run", "the connection breaks: the container counts as lost"),
            new Entry("< put_logged < notify", "the next notice says more"),
            new Entry("sweep < remains_sweep <", "the sweep begins anew"),
            new Entry("group_freeze < thaw_old", "thawed again until it is dead"),
            new Entry("< writer_flush < report_end", "the connection breaks: the container counts as lost"),
            new Entry("< writer_flush < monitor_run", "the connection breaks: the container counts as lost"));

    /** What was asked for is done in part, and nothing else suffers. */
    private static final List<Entry> PART = List.of(
            new Entry("ioctl in resize", "the terminal keeps its size"),
            new Entry("kill in init_run", "the signal is lost, as it is for a process that ends at this moment"),
            new Entry("read in drain <", "a pipe that cannot be read is closed, and the log ends there"),
            new Entry("logs_append <", "output that cannot be written is counted, and the log says how much"));

    /** Which of two processes is first decides whether the call is made, or whether a request meets its failure and is told. */
    private static final List<Entry> EITHER = List.of(
            new Entry("ahead_close < worker_main", "what no container took goes with the session at the latest"),
            new Entry("close_range in become_worker", "another worker is forked when this one has ended"),
            new Entry(
                    "recvmsg in receive_with_fds < become_worker", "another worker is forked when this one has ended"));

    private FaultExpectations() {}

    /** The entry by which this call site may fail without a word. */
    static Optional<String> done(String site) {
        return find(DONE, site).or(() -> find(PART, site)).or(() -> find(EITHER, site));
    }

    /** The entry by which part of what was asked for may be missing. */
    static Optional<String> part(String site) {
        return find(PART, site);
    }

    /** All that are needed, whoever is first. */
    static List<String> entries() {
        List<String> entries = new ArrayList<>();
        DONE.forEach(entry -> entries.add(entry.site));
        PART.forEach(entry -> entries.add(entry.site));
        return entries;
    }

    /** Those whose need is a matter of who is first: their call sites are failed in any case. */
    static List<String> races() {
        return EITHER.stream().map(Entry::site).toList();
    }

    private static Optional<String> find(List<Entry> table, String site) {
        return table.stream().map(Entry::site).filter(site::contains).findFirst();
    }
}
