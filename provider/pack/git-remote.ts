/**
 * The address of a git remote as one that anybody can open and that tells no secret. Pure; it asks no
 * git and no host.
 */

/** `user@host:path`, as ssh knows it: no scheme, and no slash before the colon. */
const SCP_FORM = /^(?:[^@/:]+@)?(\[[^\]]+\]|[^/:@]+):(?!\/\/|:)\/*(.+)$/;

/**
 * The `https` (or `http`) address of a remote: without user, password, query and ".git". Undefined for
 * what is no address of a host, such as a path of this machine.
 */
export function sourceUrl(remote: string): string | undefined {
  const scp = remote.includes("://") ? null : SCP_FORM.exec(remote);
  // One letter is a drive.
  if (scp !== null && (scp[1] ?? "").length > 1) return webUrl(`https://${scp[1]}/${scp[2]}`);
  return webUrl(remote);
}

function webUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, host, pathname } = new URL(text);
  const path = pathname.replace(/(?<!\/)\/+$/, "").replace(/\.git$/, "");
  if (hostname === "" || path === "") return undefined;
  switch (protocol) {
    case "http:":
    case "https:":
      return `${protocol}//${host}${path}`;
    case "ssh:":
    case "git:":
    case "git+ssh:":
      // The port is that of another service.
      return `https://${hostname}${path.replace(/^\/+/, "/")}`;
    default:
      return undefined;
  }
}
