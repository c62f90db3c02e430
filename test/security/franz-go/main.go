// Sends one record and reads it back with franz-go: main BROKER TOPIC MECHANISM USER SECRET [CA [CERT KEY]]
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func mechanism(name, user, secret string) sasl.Mechanism {
	switch name {
	case "PLAIN":
		return plain.Auth{User: user, Pass: secret}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: secret}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: secret}.AsSha512Mechanism()
	case "OAUTHBEARER":
		return oauth.Auth{Token: secret}.AsMechanism()
	}
	return nil
}

func tlsConfig(files []string) (*tls.Config, error) {
	pem, err := os.ReadFile(files[0])
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: pool}
	if len(files) == 3 {
		pair, err := tls.LoadX509KeyPair(files[1], files[2])
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func run(broker, topic, name, user, secret string, files []string) error {
	options := []kgo.Opt{
		kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.AllowAutoTopicCreation(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RetryTimeout(5 * time.Second),
	}
	if chosen := mechanism(name, user, secret); chosen != nil {
		options = append(options, kgo.SASL(chosen))
	}
	if len(files) > 0 {
		config, err := tlsConfig(files)
		if err != nil {
			return err
		}
		options = append(options, kgo.DialTLSConfig(config))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		return err
	}
	if err := client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("hello")}).FirstErr(); err != nil {
		return err
	}
	fetched := client.PollFetches(ctx)
	if err := fetched.Err(); err != nil {
		return err
	}
	for _, record := range fetched.Records() {
		fmt.Println(string(record.Value))
	}
	return nil
}

func main() {
	args := os.Args[1:]
	if err := run(args[0], args[1], args[2], args[3], args[4], args[5:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
