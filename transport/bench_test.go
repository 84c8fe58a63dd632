package transport_test

import (
	"context"
	"crypto/ed25519"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	libp2phost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	auraworld "github.com/aura-runtime/aura/world"
)

// The benchmarks compare a channel with a bare libp2p stream that carries the same messages: 100 bytes,
// one at a time for the round trip, 256 on the way for the throughput.
const (
	benchMessage     = 100
	benchOutstanding = 256
)

// bareHosts opens two hosts with the library's defaults for a transport and connects them.
func bareHosts(b *testing.B, listen string) (near, far libp2phost.Host) {
	b.Helper()
	open := func(seed byte) libp2phost.Host {
		s := [32]byte{seed}
		key, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(s[:]))
		if err != nil {
			b.Fatal(err)
		}
		h, err := libp2p.New(libp2p.Identity(key), libp2p.ListenAddrStrings(listen), libp2p.DisableMetrics())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = h.Close() })
		return h
	}
	near, far = open(1), open(2)
	if err := near.Connect(b.Context(), peer.AddrInfo{ID: far.ID(), Addrs: far.Addrs()}); err != nil {
		b.Fatal(err)
	}
	return near, far
}

// answer makes far send a byte run back for each message: all of it, or its first byte.
func answer(far libp2phost.Host, size int) {
	far.SetStreamHandler("/bench", func(s network.Stream) {
		buf := make([]byte, benchMessage)
		for {
			if _, err := io.ReadFull(s, buf); err != nil {
				return
			}
			if _, err := s.Write(buf[:size]); err != nil {
				return
			}
		}
	})
}

var benchTransports = map[string]transport.Libp2pOptions{"QUIC": overQUIC, "TCP": overTCP}

func BenchmarkRoundTrip(b *testing.B) {
	for name, o := range benchTransports {
		b.Run("bare/"+name, func(b *testing.B) {
			near, far := bareHosts(b, o.Listen[0])
			answer(far, benchMessage)
			s, err := near.NewStream(context.Background(), far.ID(), "/bench")
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, benchMessage)
			for b.Loop() {
				if _, err := s.Write(buf); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(s, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("channel/"+name, func(b *testing.B) {
			talking(b, o, func(tc task.Context, near, far *transport.Channel) {
				task.NewGroup(tc, "echo").Go("echo", func(tc task.Context) error {
					for {
						msg, err := far.Recv(tc)
						if err != nil || far.Send(tc, msg) != nil {
							return nil
						}
					}
				})
				msg := make([]byte, benchMessage)
				for b.Loop() {
					if err := near.Send(tc, msg); err != nil {
						b.Fatal(err)
					}
					if _, err := near.Recv(tc); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkThroughput(b *testing.B) {
	for name, o := range benchTransports {
		b.Run("bare/"+name, func(b *testing.B) {
			near, far := bareHosts(b, o.Listen[0])
			answer(far, 1)
			s, err := near.NewStream(context.Background(), far.ID(), "/bench")
			if err != nil {
				b.Fatal(err)
			}
			room := make(chan struct{}, benchOutstanding)
			done := make(chan error, 1)
			go func() {
				ack := make([]byte, 1)
				for {
					if _, err := io.ReadFull(s, ack); err != nil {
						done <- err
						return
					}
					<-room
				}
			}()
			buf := make([]byte, benchMessage)
			for b.Loop() {
				room <- struct{}{}
				if _, err := s.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			_ = s.Reset()
			<-done
		})
		b.Run("channel/"+name, func(b *testing.B) {
			talking(b, o, func(tc task.Context, near, far *transport.Channel) {
				g := task.NewGroup(tc, "bench")
				g.Go("answer", func(tc task.Context) error {
					for {
						if _, err := far.Recv(tc); err != nil || far.Send(tc, []byte{1}) != nil {
							return nil
						}
					}
				})
				room := task.NewSemaphore(benchOutstanding)
				g.Go("take", func(tc task.Context) error {
					for {
						if _, err := near.Recv(tc); err != nil {
							return nil
						}
						room.Release()
					}
				})
				msg := make([]byte, benchMessage)
				for b.Loop() {
					if err := room.Acquire(tc); err != nil {
						b.Fatal(err)
					}
					if err := near.Send(tc, msg); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
				b.ReportMetric(float64(near.Stats().CellsSent)/float64(b.N), "cells/msg")
			})
		})
	}
}

// talking opens two hosts, a hub on each and a channel between them.
func talking(b *testing.B, o transport.Libp2pOptions, story func(tc task.Context, near, far *transport.Channel)) {
	b.Helper()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		g := task.NewGroup(tc, "hubs")
		n1, n2 := host(b, 1, o), host(b, 2, o)
		h1, h2 := benchHub(b, g, n1, 1), benchHub(b, g, n2, 2)
		to := target(2)
		to.Peer, to.Addresses = n2.Self(), n2.Addresses()
		near, err := h1.Dial(tc, to)
		if err != nil {
			return err
		}
		far, err := h2.Accept(tc)
		if err != nil {
			return err
		}
		story(tc, near, far)
		if err := g.Close(tc, 5*time.Second); err != nil {
			return err
		}
		return errorsOf(n1.Close(tc), n2.Close(tc))
	})
	if err != nil {
		b.Fatal(err)
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func benchHub(b *testing.B, g *task.Group, n transport.Network, seed byte) *transport.Hub {
	b.Helper()
	private, _ := agreementKeys(seed)
	secrets := directory{}
	secrets.add(transport.Secret{Context: pairContext, PSK: psk, Peers: [][32]byte{target(3 - seed).Static}})
	h, err := transport.OpenHub(g, n, private, secrets, auraworld.Random(), transport.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkOpenChannel is a dial over an open connection: one handshake, both sides, and the closing.
func BenchmarkOpenChannel(b *testing.B) {
	talking(b, overQUIC, func(tc task.Context, near, far *transport.Channel) {
		g := task.NewGroup(tc, "bench")
		n1, n2 := host(b, 3, overQUIC), host(b, 4, overQUIC)
		h1, h2 := benchHub(b, g, n1, 1), benchHub(b, g, n2, 2)
		to := target(2)
		to.Peer, to.Addresses = n2.Self(), n2.Addresses()
		for b.Loop() {
			c, err := h1.Dial(tc, to)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := h2.Accept(tc); err != nil {
				b.Fatal(err)
			}
			c.Close(tc)
		}
		if err := errorsOf(g.Close(tc, 5*time.Second), n1.Close(tc), n2.Close(tc)); err != nil {
			b.Fatal(err)
		}
	})
}
