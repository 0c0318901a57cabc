package transport

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// logAttempt writes the one record of an attempt. It takes metadata only: no
// address, query, header or body.
func (k *call) logAttempt(ctx context.Context, start time.Time, resp *http.Response, err error) {
	if !k.cfg.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("service", k.cfg.Service),
		slog.String("op", k.r.Op),
		slog.String("method", k.r.Method),
		slog.Int("attempt", k.attempts),
		slog.Duration("duration", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", describe(err)))
	} else {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
		if id := k.requestID(resp.Header); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	k.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "attempt", attrs...)
}
