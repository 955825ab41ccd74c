import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.util.Base64;
import java.util.EnumSet;
import javax.servlet.DispatcherType;
import javax.servlet.Filter;
import javax.servlet.FilterChain;
import javax.servlet.FilterConfig;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jgit.http.server.GitServlet;
import org.eclipse.jgit.lfs.server.LargeFileRepository;
import org.eclipse.jgit.lfs.server.LfsProtocolServlet;
import org.eclipse.jgit.lfs.server.fs.FileLfsRepository;
import org.eclipse.jgit.lfs.server.fs.FileLfsServlet;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.ReceivePack;
import org.eclipse.jgit.transport.resolver.FileResolver;

/**
 * JGit's own servlets for Git and LFS in Jetty: PORT REPOSITORIES OBJECTS. Prints "ready" when it listens.
 * The filter knows alice, who may write, bob, who may read, and mallory, who may not see what lies below /private/.
 */
public final class JgitLfsServer {
    public static void main(String[] arguments) throws Exception {
        String base = "http://127.0.0.1:" + arguments[0];
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(arguments[0]));
        server.addConnector(connector);

        GitServlet git = new GitServlet();
        git.setRepositoryResolver(new FileResolver<HttpServletRequest>(new File(arguments[1]), true));
        git.setReceivePackFactory((HttpServletRequest request, Repository repository) -> new ReceivePack(repository));
        FileLfsRepository objects = new FileLfsRepository(base + "/objects/", Paths.get(arguments[2]));
        LfsProtocolServlet batch = new LfsProtocolServlet() {
            @Override
            protected LargeFileRepository getLargeFileRepository(LfsRequest request, String path, String authorization) {
                return objects;
            }
        };

        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath("/");
        context.addFilter(new FilterHolder(new Rights()), "/*", EnumSet.of(DispatcherType.REQUEST));
        context.addServlet(new ServletHolder(new FileLfsServlet(objects, 30000)), "/objects/*");
        context.addServlet(new ServletHolder(batch), "/batch");
        context.addServlet(new ServletHolder(git), "/*");
        server.setHandler(context);
        server.start();
        System.out.println("ready");
        server.join();
    }

    /** Who may; and the URL of the batch API below each repository. */
    private static final class Rights implements Filter {
        @Override
        public void init(FilterConfig configuration) {
        }

        @Override
        public void destroy() {
        }

        @Override
        public void doFilter(ServletRequest plain, ServletResponse answer, FilterChain chain) throws IOException, ServletException {
            HttpServletRequest request = (HttpServletRequest) plain;
            HttpServletResponse response = (HttpServletResponse) answer;
            String path = request.getRequestURI();
            if (path.startsWith("/objects/")) {
                chain.doFilter(request, response);
                return;
            }

            String user = userOf(request.getHeader("Authorization"));
            boolean isBatch = path.endsWith("/info/lfs/objects/batch");
            boolean writes = path.endsWith("/git-receive-pack") || "git-receive-pack".equals(request.getParameter("service"));
            if (user == null && (writes || path.startsWith("/private/"))) {
                response.setHeader("WWW-Authenticate", "Basic realm=\"primary\"");
                response.sendError(401);
            } else if ("mallory".equals(user) && path.startsWith("/private/")) {
                response.sendError(403);
            } else if (writes && !"alice".equals(user)) {
                response.sendError(403);
            } else if (isBatch) {
                request.getRequestDispatcher("/batch").forward(request, response);
            } else if (path.contains("/info/lfs/")) {
                response.sendError(404);
            } else {
                chain.doFilter(request, response);
            }
        }

        private static String userOf(String authorization) {
            if (authorization == null || !authorization.startsWith("Basic ")) {
                return null;
            }

            String login = new String(Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8);
            String user = login.substring(0, Math.max(login.indexOf(':'), 0));
            boolean isKnown = user.equals("alice") || user.equals("bob") || user.equals("mallory");
            return isKnown && login.equals(user + ":" + user + "-secret") ? user : null;
        }
    }
}
