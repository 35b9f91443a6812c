package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemovalTouchesOnlyOurRules(t *testing.T) {
	saved := `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SEP-A - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE
-A POSTROUTING -s 198.18.64.0/22 ! -d 198.18.0.0/15 -m comment --comment parley-cluster -j MASQUERADE
-A KUBE-SERVICES -d 198.19.0.10/32 -j KUBE-SEP-A
COMMIT
`
	want := `*nat
--delete PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
--delete POSTROUTING -s 198.18.64.0/22 ! -d 198.18.0.0/15 -m comment --comment parley-cluster -j MASQUERADE
--flush KUBE-SERVICES
--flush KUBE-SEP-A
--delete-chain KUBE-SERVICES
--delete-chain KUBE-SEP-A
COMMIT
`
	if difference := cmp.Diff(want, removalOf("nat", saved)); difference != "" {
		t.Errorf("removal differs (-want +got):\n%s", difference)
	}
	if removal := removalOf("nat", "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DOCKER\nCOMMIT\n"); removal != "" {
		t.Errorf("a table without our rules is changed:\n%s", removal)
	}
}
