"""How Argo CD tells whether an object is healthy, where its own way would order a release wrongly: programs in Lua.

kind              differs from Argo CD's own in that
Application       Argo CD has none, so that waves of Applications would not wait; of ours only the pinned commit counts
SealedSecret      the controller must have seen this generation: a migration needs the key that came with it
ExternalSecret    likewise
PersistentVolumeClaim  one that waits for its first pod is healthy: that pod comes with a later wave
Job, AnalysisRun  one whose end nobody waits for (`ignore-healthcheck`) is not waited for by a sync either

A program gets the object as `obj` and returns `status` and `message`. Without `useOpenLibs` it has no `string` library:
what is here makes do with what is always there, but for one.
Sources: argo-cd 3.3, docs/operator-manual/health.md, util/lua/lua.go; gitops-engine, pkg/health; external-secrets 1.3,
pkg/controllers/util, `GetResourceVersion`.
"""

from typing import Final

FOUNDATION_DEADLINE_SECONDS: Final = 15 * 60
"""How long after its sync a foundation may take. A parent that waits takes no newer commit, not even the one that mends
what it waits for; so it is told that this will not do. Of workloads their own controllers say so."""

APPLICATION: Final = """\
local os = require("os")

-- Of an Application that Naru did not make: what it says of itself.
local status = obj.status or {}
local health = status.health or {}
local labels = obj.metadata.labels or {}
if labels["app.kubernetes.io/managed-by"] ~= "naru" then
  return { status = health.status or "Progressing", message = health.message or "" }
end

local function is(code, message)
  return { status = code, message = message or "" }
end

-- Why it cannot be compared, or be an Application at all.
local function told(kind)
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == kind then
      return condition.message or kind
    end
  end
end

local source = obj.spec.source or {}
local pinned = source.targetRevision
local is_commit = pinned ~= nil and (#pinned == 40 or #pinned == 64)

-- An operation is about the commit it was started for; a branch is not a commit, and any may be meant.
local operation = status.operationState
local of_pinned = false
if operation ~= nil then
  local asked = (operation.operation or {}).sync or {}
  local synced = (operation.syncResult or {}).revision or asked.revision
  of_pinned = not is_commit or synced == pinned
  if operation.phase == "Running" or operation.phase == "Terminating" then
    if of_pinned then
      return is("Progressing", operation.message)
    end
    return is("Progressing", "waits for the end of a sync to " .. (synced or "another commit"))
  end
  if of_pinned and not asked.dryRun and (operation.phase == "Failed" or operation.phase == "Error") then
    local message = operation.message or "the sync failed"
    for _, resource in ipairs((operation.syncResult or {}).resources or {}) do
      if resource.hookPhase == "Failed" or resource.hookPhase == "Error" or resource.status == "SyncFailed" then
        message = message .. ": " .. resource.kind .. " " .. resource.name .. ": " .. (resource.message or "")
        break
      end
    end
    return is("Degraded", message)
  end
end
if obj.operation ~= nil then
  return is("Progressing", "a sync begins")
end

local sync = status.sync or {}
local compared = (sync.comparedTo or {}).source or {}
if compared.targetRevision ~= pinned or compared.path ~= source.path or (is_commit and sync.revision ~= pinned) then
  local invalid = told("InvalidSpecError")
  if invalid ~= nil then
    return is("Degraded", invalid)
  end
  return is("Progressing", "is not at " .. (pinned or "its commit") .. " yet")
end

-- What cannot be compared is not synced either, and mends itself no more than a sync that failed: a parent that waited
-- for it would not take the commit that does. One that failed tries again, and by then a server may be back.
local incomparable = told("ComparisonError") or told("InvalidSpecError")
if sync.status == "Unknown" and incomparable ~= nil then
  return is("Degraded", incomparable)
end

if sync.status ~= "Synced" then
  -- What differs after a sync to this commit was changed by hand since, or kept on purpose. It is put back only by
  -- self-heal, and the next commit takes it along: waiting for it would be waiting for ever.
  local heals = ((obj.spec.syncPolicy or {}).automated or {}).selfHeal
  local differs = false
  for _, resource in ipairs(status.resources or {}) do
    if resource.status == "OutOfSync" and not resource.requiresPruning then
      differs = true
    end
  end
  local seen = operation ~= nil and of_pinned and operation.phase == "Succeeded"
    and status.reconciledAt ~= nil and operation.finishedAt ~= nil and status.reconciledAt > operation.finishedAt
  if sync.status ~= "OutOfSync" or not seen or (heals and differs) then
    return is("Progressing", "is " .. (sync.status or "not compared yet"))
  end
end

-- Synced says nothing of files that the last sync which went through did not have: Argo CD remembers no difference of a
-- comparison that the cluster refused, and tries no sync again that failed at another commit.
local history = status.history or {}
local last = (history[#history] or {}).source or {}
if source.name ~= nil and last.name ~= nil and last.name ~= source.name then
  return is("Degraded", "its files are others than it was synced with, and no sync of them went through: `naru sync`")
end

if health.status == "Healthy" or health.status == "Suspended" or health.status == "Degraded" then
  return is(health.status, health.message)
end
if labels["app.kubernetes.io/component"] == "foundation" and of_pinned and operation.finishedAt ~= nil then
  -- Times of one form and zone, so that the later one is the greater text.
  if operation.finishedAt < os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - DEADLINE) then
    return is("Degraded", "not healthy DEADLINE seconds after its sync")
  end
end
return is("Progressing", health.message)
""".replace("DEADLINE", str(FOUNDATION_DEADLINE_SECONDS))

SEALED: Final = """\
local status = obj.status or {}
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "waits for the Sealed Secrets controller" }
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Synced" and condition.status == "True" then
    return { status = "Healthy", message = condition.message or "" }
  end
  if condition.type == "Synced" and condition.status == "False" then
    return { status = "Degraded", message = condition.message or "" }
  end
end
return { status = "Progressing", message = "waits for the Sealed Secrets controller" }
"""

EXTERNAL: Final = """\
local status = obj.status or {}
local ready = nil
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    ready = condition
  end
end
-- What failed leaves no trace of the generation it failed with.
if ready ~= nil and ready.status == "False" then
  return { status = "Degraded", message = ready.message or "" }
end
local generation = string.match(status.syncedResourceVersion or "", "^(%d+)%-")
if ready ~= nil and ready.status == "True" and generation == tostring(obj.metadata.generation) then
  return { status = "Healthy", message = ready.message or "" }
end
return { status = "Progressing", message = "waits for External Secrets" }
"""

CLAIM: Final = """\
local phase = (obj.status or {}).phase
if phase == "Lost" then
  return { status = "Degraded", message = "the volume is gone" }
end
if phase == "Bound" then
  return { status = "Healthy", message = "" }
end
if phase == "Pending" then
  return { status = "Healthy", message = "waits for its first pod" }
end
return { status = "Progressing", message = "" }
"""

_UNHEEDED = """\
local unheeded = (obj.metadata.annotations or {})["argocd.argoproj.io/ignore-healthcheck"] == "true"
"""

JOB: Final = (
    _UNHEEDED
    + """\
for _, condition in ipairs((obj.status or {}).conditions or {}) do
  if condition.status == "True" then
    if condition.type == "Failed" then
      return { status = "Degraded", message = condition.message or "" }
    end
    if condition.type == "Complete" then
      return { status = "Healthy", message = condition.message or "" }
    end
    if condition.type == "Suspended" then
      return { status = "Suspended", message = condition.message or "" }
    end
  end
end
return { status = unheeded and "Healthy" or "Progressing", message = "runs" }
"""
)

ANALYSIS_RUN: Final = (
    _UNHEEDED
    + """\
local status = obj.status or {}
local codes = { Successful = "Healthy", Failed = "Degraded", Error = "Degraded", Inconclusive = "Unknown" }
local code = codes[status.phase or ""]
if code == nil then
  return { status = unheeded and "Healthy" or "Progressing", message = "measures" }
end
return { status = code, message = status.message or "" }
"""
)
