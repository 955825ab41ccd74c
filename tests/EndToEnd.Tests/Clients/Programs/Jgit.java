import java.io.File;
import java.net.URI;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.lib.ConfigConstants;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.PushResult;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/**
 * JGit: clone URL FOLDER | fetch URL FOLDER | push URL FOLDER. This JGit knows no shallow clones.
 */
public final class Jgit {
    public static void main(String[] arguments) throws Exception {
        URI address = new URI(arguments[1]);
        String url = new URI(address.getScheme(), null, address.getHost(), address.getPort(), address.getPath(), null, null).toString();
        File folder = new File(arguments[2]);
        switch (arguments[0]) {
            case "clone":
                Git.cloneRepository().setURI(url).setDirectory(folder).setCredentialsProvider(login(address)).call().close();
                break;
            case "fetch":
                try (Git git = open(folder, url)) {
                    git.fetch().setCredentialsProvider(login(address)).call();
                }
                break;
            case "push":
                try (Git git = open(folder, url)) {
                    Iterable<PushResult> results = git.push()
                        .setCredentialsProvider(login(address))
                        .setRefSpecs(new RefSpec("refs/heads/main:refs/heads/main"))
                        .call();
                    for (PushResult result : results) {
                        for (RemoteRefUpdate update : result.getRemoteUpdates()) {
                            if (update.getStatus() != RemoteRefUpdate.Status.OK) {
                                throw new IllegalStateException(update.toString());
                            }
                        }
                    }
                }
                break;
            default:
                throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static Git open(File folder, String url) throws Exception {
        Git git = Git.open(folder);
        StoredConfig config = git.getRepository().getConfig();
        config.setString(ConfigConstants.CONFIG_REMOTE_SECTION, "origin", ConfigConstants.CONFIG_KEY_URL, url);
        config.save();
        return git;
    }

    /** Null where the URL names nobody: then a challenge is the end. */
    private static CredentialsProvider login(URI address) {
        if (address.getUserInfo() == null) {
            return null;
        }
        String[] parts = address.getUserInfo().split(":", 2);
        return new UsernamePasswordCredentialsProvider(parts[0], parts[1]);
    }
}
