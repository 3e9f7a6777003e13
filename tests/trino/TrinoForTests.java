import io.trino.plugin.memory.MemoryPlugin;
import io.trino.server.testing.TestingTrinoServer;
import java.util.Map;

/** A Trino on a free port of 127.0.0.1 with the memory connector; it ends with its standard input. */
public class TrinoForTests
{
    public static void main(String[] arguments)
            throws Exception
    {
        TestingTrinoServer server = TestingTrinoServer.builder()
                .setProperties(Map.of("node-scheduler.include-coordinator", "true", "query.max-length", "4000000"))
                .build();
        server.installPlugin(new MemoryPlugin());
        server.createCatalog("memory", "memory", Map.of("memory.max-data-per-node", "512MB"));
        System.out.println("listening at " + server.getBaseUrl());
        while (System.in.read() >= 0) {
            // Whoever started this says nothing; the end of the stream says that they are gone.
        }
        // No hook of the server's may keep it from ending.
        Runtime.getRuntime().halt(0);
    }
}
