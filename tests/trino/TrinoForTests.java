import io.trino.server.testing.TestingTrinoServer;
import io.trino.spi.Plugin;
import java.util.HashMap;
import java.util.Map;

/** A Trino on a free port of 127.0.0.1 with one catalog; it ends with its standard input. */
public class TrinoForTests
{
    /** Arguments: the connector's name, which is the catalog's too, the class of its plugin, settings as NAME=VALUE. */
    public static void main(String[] arguments)
            throws Exception
    {
        Map<String, String> settings = new HashMap<>();
        for (int i = 2; i < arguments.length; i++) {
            String[] setting = arguments[i].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        TestingTrinoServer server = TestingTrinoServer.builder()
                .setProperties(Map.of("node-scheduler.include-coordinator", "true", "query.max-length", "4000000"))
                .build();
        server.installPlugin((Plugin) Class.forName(arguments[1]).getDeclaredConstructor().newInstance());
        server.createCatalog(arguments[0], arguments[0], settings);
        System.out.println("listening at " + server.getBaseUrl());
        while (System.in.read() >= 0) {
            // Whoever started this says nothing; the end of the stream says that they are gone.
        }
        // No hook of the server's may keep it from ending.
        Runtime.getRuntime().halt(0);
    }
}
