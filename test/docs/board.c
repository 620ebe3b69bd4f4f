/* A board that is a Linux machine: just enough WebSocket and JSON for a device. */
#include "board.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

static int fd = -1;

unsigned long board_random(void) {
  unsigned value = 0;
  if (getrandom(&value, sizeof value, 0) < 0) abort();
  return value;
}

void board_wait_ms(unsigned long ms) { usleep(ms * 1000); }

static int take(void *into, size_t size) {
  return size == 0 || recv(fd, into, size, MSG_WAITALL) == (ssize_t)size;
}

/* A final frame, masked with zeros: a mask is asked for, and hides nothing here. */
static void put(unsigned char opcode, const char *payload, size_t size) {
  unsigned char head[8] = {0x80 | opcode, 0x80 | size};
  size_t length = 6;
  if (size > 125) {
    head[1] = 0x80 | 126;
    head[2] = size >> 8;
    head[3] = size;
    length = 8;
  }
  send(fd, head, length, MSG_NOSIGNAL | MSG_MORE);
  send(fd, payload, size, MSG_NOSIGNAL);
}

void ws_close(void) {
  close(fd);
  fd = -1;
}

int ws_connect(const char *host, int port, const char *subprotocol, const char *field) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  char head[2048];
  size_t size = 0;
  inet_pton(AF_INET, host, &to.sin_addr);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
    int length = snprintf(head, sizeof head,
      "GET / HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n%s\r\n\r\n",
      host, port, subprotocol, field);
    send(fd, head, length, MSG_NOSIGNAL);
    while (size < sizeof head - 1 && take(head + size, 1)) {
      head[++size] = 0;
      if (size > 3 && strcmp(head + size - 4, "\r\n\r\n") == 0) {
        if (strncmp(head, "HTTP/1.1 101", 12) == 0) return 1;
        break;
      }
    }
  }
  ws_close();
  return 0;
}

void ws_send(const char *message) { put(1, message, strlen(message)); }

int ws_receive(char *message, unsigned size) {
  unsigned char head[2], more[2];
  while (take(head, 2)) {
    size_t length = head[1] & 127;
    if (length == 126) {
      if (!take(more, 2)) return 0;
      length = more[0] << 8 | more[1];
    } else if (length == 127) return 0;
    if (length >= size || !take(message, length)) return 0;
    message[length] = 0;
    if ((head[0] & 15) == 1) return 1;
    if ((head[0] & 15) == 8) return 0;
    if ((head[0] & 15) == 9) put(10, message, length);
  }
  return 0;
}

/* Where the value of a member of the outermost object begins. */
static const char *member(const char *at, const char *name) {
  size_t length = strlen(name);
  for (int depth = 0; *at != 0; at++) {
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    if (*at != '"') continue;
    const char *text = ++at;
    for (; *at != 0 && *at != '"'; at++) at += *at == '\\' && at[1] != 0;
    if (*at == 0) return NULL;
    int is_it = depth == 1 && (size_t)(at - text) == length && memcmp(text, name, length) == 0;
    if (is_it && at[1] == ':') return at + 2;
  }
  return NULL;
}

int json_text(const char *object, const char *name, char *value, unsigned size) {
  const char *at = member(object, name), *end;
  if (at == NULL || *at++ != '"') return 0;
  for (end = at; *end != 0 && *end != '"'; end++) end += *end == '\\' && end[1] != 0;
  if (*end == 0 || end - at >= (long)size) return 0;
  memcpy(value, at, end - at);
  value[end - at] = 0;
  return 1;
}

long json_number(const char *object, const char *name) {
  const char *at = member(object, name);
  char *end = NULL;
  long value = at == NULL ? -1 : strtol(at, &end, 10);
  return at == NULL || end == at ? -1 : value;
}
