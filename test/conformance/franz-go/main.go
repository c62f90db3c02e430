// A member of a group of the consumer protocol (KIP-848) with franz-go: main BROKERS TOPIC GROUP
//
// It says each record as Java's console consumer does, then commits it, and leaves the group at SIGTERM.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

const mostAtOnce = 100

func consume(ctx context.Context, client *kgo.Client) error {
	for {
		fetched := client.PollRecords(ctx, mostAtOnce)
		if err := fetched.Err(); errors.Is(err, context.Canceled) {
			return nil
		} else if err != nil {
			return err
		}
		for _, record := range fetched.Records() {
			fmt.Printf("Partition:%d\tOffset:%d\t%s\n", record.Partition, record.Offset, record.Value)
		}
		if err := client.CommitUncommittedOffsets(context.Background()); err != nil {
			return err
		}
		// Until here no partition is taken away: what was said is committed by whoever said it.
		client.AllowRebalance()
	}
}

func run(brokers, topic, group string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.ClientID("franz-go"),
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return consume(ctx, client)
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
