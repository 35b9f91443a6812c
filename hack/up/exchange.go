package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	chatclient "github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/e2e/environment"
)

// exchange opens a session on a pod of each of the first two shards, sends a
// message from one to the other and prints what arrived.
func exchange(ctx context.Context, cluster *environment.Cluster, project client.ObjectKey) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	key, err := cluster.Key(ctx, client.ObjectKey{Namespace: project.Namespace, Name: environment.DemoSecretKey})
	if err != nil {
		return err
	}
	usernames := []string{"ada", "grace"}
	var urls, pods []string
	for shard := range usernames {
		pod, err := cluster.PodOfShard(ctx, project, shard)
		if err != nil {
			return err
		}
		url, err := cluster.ServerURL(ctx, &pod)
		if err != nil {
			return err
		}
		urls, pods = append(urls, url), append(pods, pod.Name)
	}
	caller := chatclient.Caller{URL: urls[0], Key: key}
	if err := caller.AwaitAccepted(ctx, urls); err != nil {
		return err
	}
	conversation, err := caller.Conversation(ctx, usernames...)
	if err != nil {
		return err
	}
	sender, err := caller.As("ada").Open(ctx, false)
	if err != nil {
		return err
	}
	defer sender.Close()
	receiver, err := caller.As("grace").At(urls[1]).Open(ctx, false)
	if err != nil {
		return err
	}
	defer receiver.Close()

	sent := time.Now()
	err = sender.Write(map[string]any{
		"id": 1, "op": "send", "conversation": fmt.Sprint(conversation), "content": map[string]string{"text": "hello from " + pods[0]},
	})
	if err != nil {
		return err
	}
	for {
		frame, err := receiver.Next()
		if err != nil {
			return fmt.Errorf("wait for the message: %w", err)
		}
		if frame.Event != "message.created" {
			continue
		}
		var message chatclient.Message
		if err := json.Unmarshal(frame.Data, &message); err != nil {
			return fmt.Errorf("decode the message: %w", err)
		}
		fmt.Printf("  grace on %s received message %d after %d ms: %s\n",
			pods[1], message.Seq, time.Since(sent).Milliseconds(), message.Content)
		return nil
	}
}
