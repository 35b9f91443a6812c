package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// masqueradeRule lets pods reach the outside under this machine's address. Traffic inside the
// cluster keeps its source, so that network policies and logs see the pod.
var masqueradeRule = []string{
	"POSTROUTING", "--source", podRange, "!", "--destination", clusterRange,
	"--match", "comment", "--comment", "parley-cluster", "--jump", "MASQUERADE",
}

func masquerade(ctx context.Context) error {
	check := append([]string{"--wait", "--table", "nat", "--check"}, masqueradeRule...)
	if exec.CommandContext(ctx, "iptables", check...).Run() == nil {
		return nil
	}
	_, err := capture(ctx, "iptables", append([]string{"--wait", "--table", "nat", "--append"}, masqueradeRule...)...)
	return err
}

// removeRules removes the packet filter rules of kube-proxy, kubelet and this program. Kubernetes
// names every chain of its own KUBE-.
func removeRules(ctx context.Context) error {
	var failures []error
	for _, family := range []string{"iptables", "ip6tables"} {
		for _, table := range []string{"mangle", "filter", "nat"} {
			saved, err := capture(ctx, family+"-save", "--table", table)
			if err != nil {
				failures = append(failures, err)
				continue
			}
			removal := removalOf(table, saved)
			if removal == "" {
				continue
			}
			restore := exec.CommandContext(ctx, family+"-restore", "--wait", "--noflush")
			restore.Stdin = strings.NewReader(removal)
			if output, err := restore.CombinedOutput(); err != nil {
				failures = append(failures, fmt.Errorf("remove %s rules of table %s: %w: %s", family, table, err, output))
			}
		}
	}
	return errors.Join(failures...)
}

// removalOf turns the saved form of a table into the commands that remove what is ours: rules in
// common chains first, then the content of the chains, then the chains.
func removalOf(table, saved string) string {
	var rules, flushes, chains []string
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		if name, isChain := strings.CutPrefix(line, ":KUBE-"); isChain {
			chain := "KUBE-" + strings.Fields(name)[0]
			flushes, chains = append(flushes, "--flush "+chain), append(chains, "--delete-chain "+chain)
			continue
		}
		rule, isRule := strings.CutPrefix(line, "-A ")
		if !isRule || strings.HasPrefix(rule, "KUBE-") {
			continue
		}
		if strings.Contains(rule, "-j KUBE-") || strings.Contains(rule, "--comment parley-cluster ") {
			rules = append(rules, "--delete "+rule)
		}
	}
	if len(rules)+len(chains) == 0 {
		return ""
	}
	lines := append(append([]string{"*" + table}, rules...), append(flushes, chains...)...)
	return strings.Join(lines, "\n") + "\nCOMMIT\n"
}
