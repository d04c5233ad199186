"""From rendered files to a commit on the branch that Argo CD follows."""
