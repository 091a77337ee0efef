package io.bivouac.engine.warden;

import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireWriter;
import java.util.List;

/**
 * Everything the warden does to start a container. Java decides, C does: a plan holds no choice.
 *
 * @param id 64 hexadecimal digits
 * @param create false to start again on the file system and network the container has
 * @param trace whether to tell when each phase was over
 * @param init whether a process of the warden's own comes before the command, to reap and to pass signals on
 * @param root the root file system
 * @param network the network namespace
 * @param cgroups the container's groups, made with the container
 * @param logLimit bytes of output kept on disk
 * @param hostname at most 64 bytes
 * @param devices steps of making {@code /dev}: at it and directly in it, of nothing that the container's own namespaces are needed for
 * @param ops steps of building the rest of the file system, in order
 * @param process the first process
 */
public record LaunchPlan(
        String id,
        boolean create,
        boolean trace,
        boolean init,
        Root root,
        Network network,
        List<CgroupPlan> cgroups,
        long logLimit,
        String hostname,
        List<LaunchOp> devices,
        List<LaunchOp> ops,
        ProcessPlan process) {
    public LaunchPlan {
        cgroups = List.copyOf(cgroups);
        devices = List.copyOf(devices);
        ops = List.copyOf(ops);
    }

    /**
     * The overlay.
     *
     * @param folder name of the container's own folder within the session's
     * @param layers folder within the store's layers that {@code options} are relative to
     * @param options of mount(2) for an overlay; the session's folder is {@code /session}
     * @param topLayer gives the root folder its mode and owner
     */
    public record Root(String folder, String layers, String options, String topLayer) {
        void encode(WireWriter out) {
            out.putText(folder).putText(layers).putText(options).putText(topLayer);
        }
    }

    /**
     * The network.
     *
     * @param isolated false for the host's
     * @param addresses IPv4 addresses of the loopback device, beside 127.0.0.1
     */
    public record Network(boolean isolated, List<String> addresses, List<Publication> publications) {
        public Network {
            addresses = List.copyOf(addresses);
            publications = List.copyOf(publications);
        }
    }

    /**
     * A published TCP port.
     *
     * @param hostAddress to listen on
     * @param hostPort 0 for any free one
     * @param sourceAddress connections seem to come from, inside
     * @param targetAddress connections are made to, inside
     */
    public record Publication(
            String hostAddress, int hostPort, String sourceAddress, String targetAddress, int containerPort) {}

    WireWriter encode() {
        WireWriter out = new WireWriter().begin(FrameType.LAUNCH).put(FrameType.VERSION);
        out.putText(id).put(create).put(trace).put(init);
        root.encode(out);
        out.put(network.isolated()).putTexts(network.addresses());
        out.putInt(network.publications().size());
        for (Publication publication : network.publications()) {
            out.putText(publication.hostAddress()).putInt(publication.hostPort());
            out.putText(publication.sourceAddress()).putText(publication.targetAddress());
            out.putInt(publication.containerPort());
        }
        CgroupPlan.encodeAll(out, cgroups);
        out.putLong(logLimit).putText(hostname);
        LaunchOp.encodeAll(out, devices);
        LaunchOp.encodeAll(out, ops);
        process.encode(out);
        return out.end();
    }
}
