"""How the Applications of a system are pinned: to the very commit that their parent was read from, and its content.

A commit cannot contain its own name. So a parent reads its Applications through this program, in a language that Argo
CD's repository server knows itself, and tells it the commit (`ARGOCD_APP_REVISION`) it is at.

Argo CD syncs what it finds to be different. Where a policy refuses the dry run that it compares by (`ServerSideDiff`),
it remembers that nothing is, and calls the Application Synced at its next look. So each one says by a hash what it
applies, in two fields that Argo CD keeps of a sync:

field                       kept in                        what for
`source.name`               `history`, of syncs that       nothing counts that was never synced: health.py
                            went through
`managedNamespaceMetadata`  `syncResult`, as the last      Argo CD syncs whatever says another thing than that; no
                            sync ended                     namespace gets it, as Argo CD makes none of ours

The hash is made where the program runs, from the files beside it: a hash in the branch would stand in every commit, and
no two releases of a system's services could be reverted one without the other.

Sources: Argo CD, "Build Environment" and "Directory" (jsonnet); argo-cd 3.3, controller/state.go, `CompareAppState` and
`useDiffCache`, controller/sync.go, `HasChangedManagedNamespaceMetadata`, controller/appcontroller.go, `autoSync`.
"""

from collections.abc import Collection, Mapping
from typing import Final

PIN_FILE: Final = "pinned.jsonnet"
REVISION: Final = "revision"
"""The external variable with the commit."""
_CONTENT: Final = "naru/content"
_DIGITS: Final = 16
"""Of a hash that only has to be another one than the one before."""


def pin(applications: Mapping[str, Collection[str]], pruning: Collection[str] = ()) -> str:
    """Return the program that gives the Applications in these files, each pinned to the commit.

    Each file has those that its Application applies; all are relative to the program. `pruning` are Applications that
    Argo CD may also delete with: of another one without any object that differs it thinks that it waits for somebody to
    delete something, and would neither sync it nor call it Synced.
    """
    pinned = "\n".join(
        f"  pinned(importstr '{file}', {'true' if file in pruning else 'false'}, [\n"
        + "".join(f"    importstr '{one}',\n" for one in sorted(applied))
        + "  ]),"
        for file, applied in sorted(applications.items())
    )
    return f"""\
// Every Application of this folder, pinned to the commit it is read from. Written by `naru publish`.
local pinned(text, synced, applied) =
  local content = std.substr(std.md5(std.join('\\n', applied)), 0, {_DIGITS});
  std.parseYaml(text) + {{ spec+: {{
    source+: {{ targetRevision: std.extVar('{REVISION}'), name: content }},
    [if synced then 'syncPolicy']+: {{ managedNamespaceMetadata: {{ annotations: {{ '{_CONTENT}': content }} }} }},
  }} }};
[
{pinned}
]
"""
