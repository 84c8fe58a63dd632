package world

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/aura-runtime/aura"
)

// Random returns the operating system's randomness.
func Random() Entropy { return rand.Reader }

// Discard returns a log that drops every event.
func Discard() Log { return discard{} }

type discard struct{}

func (discard) Emit(Event) {}

// Slog returns a log that writes events to l: as warnings violations, failed services and what a bug or a
// damaged disk makes; at info level what fails on any day, such as a peer that goes away; the rest, also
// what was merely told to stop, at debug level.
func Slog(l *slog.Logger) Log { return slogLog{l} }

type slogLog struct{ l *slog.Logger }

// Emit implements [Log].
func (s slogLog) Emit(e Event) {
	level := e.level()
	ctx := context.Background()
	if !s.l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 11)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("family", string(e.Family))
	add("service", e.Service)
	add("task", e.Task)
	add("session_id", e.Session)
	add("fragment_key", e.Fragment)
	add("owner", e.Owner)
	add("from_owner", e.From)
	add("to_owner", e.To)
	add("profile", e.Profile)
	if e.ErrorKind != 0 {
		attrs = append(attrs, slog.String("error_kind", e.ErrorKind.String()))
	}
	if !e.Correlation.IsZero() {
		attrs = append(attrs, slog.String("correlation_id", e.Correlation.String()))
	}
	s.l.LogAttrs(ctx, level, e.Message, attrs...)
}

func (e *Event) level() slog.Level {
	failed := e.ErrorKind != 0 && e.ErrorKind != aura.Cancelled
	switch {
	case e.Family == FamilyInvariant, e.ErrorKind == aura.Internal, e.ErrorKind == aura.Corrupt,
		e.Family == FamilyService && failed:
		return slog.LevelWarn
	case failed:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
