module naru.local/toolchain/crds

go 1.26

require (
	github.com/argoproj/argo-cd/v3 v3.3.0
	github.com/argoproj/argo-rollouts v1.9.1
	github.com/bitnami-labs/sealed-secrets v0.31.0
	github.com/cert-manager/cert-manager v1.20.2
	github.com/cilium/cilium v1.18.6
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kubernetes-sigs/aws-load-balancer-controller v0.0.0-20260423195125-93ff3b5fdaad
	github.com/prometheus-operator/prometheus-operator v0.85.0
	istio.io/api v1.31.1
	sigs.k8s.io/gateway-api v1.4.1
)
