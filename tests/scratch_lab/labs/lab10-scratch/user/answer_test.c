/*
 * answer_test.c - asks the kernel for the answer.
 */
#include <answer.h>
#include <user.h>

int main(void)
{
    printf("[Answer Test] The answer is %ld\n", system_call(SYS_ANSWER, 0, 0, 0));
    return 0;
}
