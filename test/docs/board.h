/* What a device needs of its board. Texts are UTF-8 and end with a zero; one WebSocket at a time. */

/* Opens a WebSocket; `field` is one more header field of the handshake. Returns 0 where that fails. */
int ws_connect(const char *host, int port, const char *subprotocol, const char *field);
/* Sends a text message. That the connection is broken is said by the next ws_receive. */
void ws_send(const char *message);
/* Waits for a text message and answers pings meanwhile. Returns 0 when there will be no more. */
int ws_receive(char *message, unsigned size);
void ws_close(void);

/* A member of the outermost object, without its quotes, escapes as they are. Returns 0 where there is none, or it does not fit. */
int json_text(const char *object, const char *name, char *value, unsigned size);
/* Returns -1 where there is none, or it is no number. */
long json_number(const char *object, const char *name);

unsigned long board_random(void);
void board_wait_ms(unsigned long ms);
