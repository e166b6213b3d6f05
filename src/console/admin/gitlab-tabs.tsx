const TABS = [
  ["/admin/gitlab", "Sync"],
  ["/admin/gitlab/pages", "Pages"],
  ["/admin/gitlab/domains", "Custom domains"],
] as const;

/** The ways between what comes from GitLab. */
export function GitLabTabs({ at }: { at: (typeof TABS)[number][0] }) {
  return (
    <nav class="choices" aria-label="From GitLab">
      {TABS.map(([href, label]) => (
        <a href={href} aria-current={href === at ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
